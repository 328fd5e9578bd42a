import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runCommand } from '../processes/run-command.ts';
import { buildService, serviceProgram } from './builds.ts';
import { builtRepository } from './built-repository.ts';

/** A service of a few lines, in each of the places that the real one has its files in. */
const files = {
  'package.json': '{"type": "module"}',
  'package-lock.json': '{}',
  'app/main.ts': `
    import { z } from 'zod';
    import { createLog } from './log.ts';
    import { migration } from '../migrations/first.ts';
    import { readLua } from './redis-lock/src/read-lua.ts';
    createLog(z.string().parse([readLua('script.lua'), migration].join(', ')));`,
  'app/main.test.ts': 'export const test = 1;',
  'app/log.ts': 'export const createLog = (line: string): void => console.log(line);',
  'app/redis-lock/lua/script.lua': 'a script',
  'app/redis-lock/src/read-lua.ts': "export const readLua = (file: string): string => file + ' was not embedded';",
  'app/testing/helper.ts': 'export const helper = 1;',
  'app/web/routes.ts': 'export const routes = 1;',
  'app/web/page/main.ts': 'export const page = 1;',
  'migrations/first.ts': "export const migration: string = 'a migration';",
};
const { path, build, change, said } = builtRepository('service', {
  files,
  copied: ['app/vite.config.ts', 'app/redis-lock/embed-lua.ts'],
  sources: ['app', 'migrations', 'package-lock.json'],
  build: buildService,
});
const all = ['app', 'app/main.js', 'app/main.js.map'];
const inDist = async () => (await readdir(path('dist'), { recursive: true })).sort();
const run = () => runCommand([process.execPath, path(serviceProgram)], { timeoutMs: 60_000 });

test('what was missing is built whole, and left as it is as long as no source is newer', async () => {
  expect(await run()).toEqual({ succeeded: true, output: 'a script, a migration\n' });
  expect(await inDist()).toEqual(all);
  await build();
  expect(said).toEqual([]);
});

test('a source that has changed is built again, also by two at once', async () => {
  await change('app/log.ts', "export const createLog = () => console.log('another one');");
  await Promise.all([build(), build()]);
  expect(said).toEqual(['building the service', 'building the service']);
  expect(await run()).toEqual({ succeeded: true, output: 'another one\n' });
  expect(await inDist()).toEqual(all);
});

test('a build that fails throws Vite’s error, and leaves the old one', async () => {
  await change('app/main.ts', "import './nowhere.ts';");
  await expect(build()).rejects.toThrow(/npm run build:service failed.*nowhere\.ts/s);
  expect(await inDist()).toEqual(all); // the old ones
});
