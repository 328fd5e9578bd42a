import { cp, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { repositoryRoot } from './repository.ts';
import { runCommand } from './run-command.ts';
import { buildService, serviceProgram } from './service.ts';

/** A repository of its own, with the service's sources. */
let root: string;
let said: string[];
const say = (message: string) => said.push(message);

beforeEach(async () => {
  said = [];
  root = await mkdtemp(join(tmpdir(), 'service-build-'));
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'app', 'migrations']) {
    await cp(join(repositoryRoot, name), join(root, name), {
      recursive: true,
      filter: (from) => !/web.dist/.test(from),
    });
  }
  await symlink(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  await sleep(2); // a source of the millisecond in which a build begins counts as newer
});
afterEach(() => rm(root, { recursive: true }));

/** Starts it with a port that it must refuse: by then it has read all of its files. @returns what it says. */
const refusal = async () =>
  (await runCommand(['env', 'PORT=none', process.execPath, join(root, serviceProgram)], { timeoutMs: 10_000 })).output;

test('what is missing is compiled whole, and left as it is as long as no source is newer', async () => {
  await buildService(say, root);
  expect(await refusal()).toMatch(/^The environment has 1 mistake.*PORT/s);
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(['app', 'compiled', 'migrations']);
  await buildService(say, root);
  expect(said).toEqual(['compiling the service']);
});

test('a source that has changed is compiled again, also by two at once', async () => {
  await buildService(say, root);
  const log = join(root, 'app/log.ts');
  await writeFile(log, 'export const createLog = () => { throw new Error("another one") };');
  const soon = new Date(Date.now() + 1000); // some file systems count in seconds
  await utimes(log, soon, soon);
  await Promise.all([buildService(say, root), buildService(say, root)]);
  expect(said).toHaveLength(3);
  expect((await stat(join(root, 'dist/app/log.js'))).size).toBeLessThan(100);
  expect((await readdir(join(root, 'dist'))).sort()).toEqual(['app', 'compiled', 'migrations']);
});

test('what cannot be compiled is said, with the compiler’s words', async () => {
  await writeFile(join(root, 'app/tsconfig.build.json'), '{"extends": "./nowhere.json"}');
  await expect(buildService(say, root)).rejects.toThrow(/could not be compiled.*nowhere\.json/s);
  expect(await readdir(join(root, 'dist'))).toEqual([]);
});
