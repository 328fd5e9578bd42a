import { cp, mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { age } from './age.ts';
import { buildService, serviceProgram } from './builds.ts';

/** A repository whose service was built once. */
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
const sources = ['app', 'migrations', 'package-lock.json'];
const all = ['app', 'app/main.js', 'app/main.js.map'];
const inDist = async () => (await readdir(join(root, 'dist'), { recursive: true })).sort();

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'service-build-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(built, path)), { recursive: true });
    await writeFile(join(built, path), text);
  }
  for (const path of ['app/vite.config.ts', 'app/redis-lock/embed-lua.ts']) {
    await cp(join(repositoryRoot, path), join(built, path));
  }
  await symlink(join(repositoryRoot, 'node_modules'), join(built, 'node_modules'));
  await age(built, sources);
  said = [];
  await buildService(say, built);
  expect(said).toEqual(['building the service']);
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

test('what was missing is built whole, and left as it is as long as no source is newer', async () => {
  expect(await run()).toEqual({ succeeded: true, output: 'a script, a migration\n' });
  expect(await inDist()).toEqual(all);
  await buildService(say, root);
  expect(said).toEqual([]);
});

test('a source that has changed is built again, also by two at once', async () => {
  await writeFile(join(root, 'app/log.ts'), "export const createLog = () => console.log('another one');");
  const soon = new Date(Date.now() + 1000); // some file systems count in seconds
  await utimes(join(root, 'app/log.ts'), soon, soon);
  await Promise.all([buildService(say, root), buildService(say, root)]);
  expect(said).toEqual(['building the service', 'building the service']);
  expect(await run()).toEqual({ succeeded: true, output: 'another one\n' });
  expect(await inDist()).toEqual(all);
});

test('a build that fails throws Vite’s error, and leaves the old one', async () => {
  await writeFile(join(root, 'app/main.ts'), "import './nowhere.ts';");
  const soon = new Date(Date.now() + 1000);
  await utimes(join(root, 'app/main.ts'), soon, soon);
  await expect(buildService(say, root)).rejects.toThrow(/npm run build:service failed.*nowhere\.ts/s);
  expect(await inDist()).toEqual(all); // the old ones
});
