import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { age } from './age.ts';
import { buildService, serviceProgram } from './service.ts';

/** A repository whose service was compiled once. */
let built: string;
/** A copy of it, of a test's own. */
let root: string;
let said: string[];
const say = (message: string) => said.push(message);

/** A service of a few lines, in each of the places that the real one has its files in. */
const files = {
  'package.json': '{"type": "module"}',
  'package-lock.json': '{}',
  'app/main.ts': `
    import { readFileSync } from 'node:fs';
    import { z } from 'zod';
    import { createLog } from './log.ts';
    import { migration } from '../migrations/first.ts';
    const script = readFileSync(new URL('lua/script.lua', import.meta.url), 'utf8');
    createLog(z.string().parse([script, migration].join(', ')));`,
  'app/main.test.ts': 'export const test = 1;',
  'app/log.ts': 'export const createLog = (line: string): void => console.log(line);',
  'app/lua/script.lua': 'a script',
  'app/testing/helper.ts': 'export const helper = 1;',
  'app/web/routes.ts': 'export const routes = 1;',
  'app/web/page/main.ts': 'export const page = 1;',
  'migrations/first.ts': "export const migration: string = 'a migration';",
};
const sources = ['app', 'migrations', 'tsconfig.json', 'package-lock.json'];

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'service-build-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(built, path)), { recursive: true });
    await writeFile(join(built, path), text);
  }
  for (const path of ['tsconfig.json', 'app/tsconfig.build.json']) {
    await cp(join(repositoryRoot, path), join(built, path));
  }
  await symlink(join(repositoryRoot, 'node_modules'), join(built, 'node_modules'));
  await age(built, sources);
  said = [];
  await buildService(say, built);
  expect(said).toEqual(['compiling the service']);
});
beforeEach(async () => {
  said = [];
  root = await mkdtemp(join(tmpdir(), 'service-build-'));
  await cp(built, root, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  await age(root, sources); // timestamps of directories are not preserved
});
afterEach(() => rm(root, { recursive: true }));
afterAll(() => rm(built, { recursive: true }));

const run = () => runCommand([process.execPath, join(root, serviceProgram)], { timeoutMs: 60_000 });

test('what was missing is compiled whole, and left as it is as long as no source is newer', async () => {
  expect(await run()).toEqual({ succeeded: true, output: 'a script, a migration\n' });
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(['app', 'compiled', 'migrations']);
  expect((await readdir(join(root, 'dist/app'), { recursive: true })).sort()).toEqual([
    'log.js',
    'lua',
    'lua/script.lua',
    'main.js',
    'web',
    'web/dist',
    'web/routes.js',
  ]);
  await buildService(say, root);
  expect(said).toEqual([]);
});

test('a source that has changed is compiled again, also by two at once', async () => {
  await writeFile(join(root, 'app/log.ts'), "export const createLog = () => console.log('another one');");
  const soon = new Date(Date.now() + 1000); // some file systems count in seconds
  await utimes(join(root, 'app/log.ts'), soon, soon);
  await Promise.all([buildService(say, root), buildService(say, root)]);
  expect(said).toEqual(['compiling the service', 'compiling the service']);
  expect(await run()).toEqual({ succeeded: true, output: 'another one\n' });
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(['app', 'compiled', 'migrations']);
});

test('what cannot be compiled is said, with the compiler’s words', async () => {
  await writeFile(join(root, 'app/tsconfig.build.json'), '{"extends": "./nowhere.json"}');
  const soon = new Date(Date.now() + 1000);
  await utimes(join(root, 'app/tsconfig.build.json'), soon, soon);
  await expect(buildService(say, root)).rejects.toThrow(/could not be compiled.*nowhere\.json/s);
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(['app', 'compiled', 'migrations']); // the old ones
});
