import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProgram, findPrograms, missingFrom } from './programs.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'programs-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function program(path: string): Promise<string> {
  const file = join(directory, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '#!/bin/sh\n', { mode: 0o755 });
  return file;
}

test('a better name in a later directory comes before a lesser name in an earlier one', async () => {
  const valkey = await program('first/lab-valkey');
  const redis = await program('second/lab-redis');
  const path = `${directory}/first:${directory}/second`;
  expect(findProgram(['lab-redis', 'lab-valkey'], path)).toBe(redis);
  expect(findProgram(['lab-memcached', 'lab-valkey'], path)).toBe(valkey);
});

test('of the same name, the first directory of the PATH wins', async () => {
  const own = await program('own/mysqld');
  await program('system/mysqld');
  expect(findPrograms(`${directory}/own:${directory}/system`).mysql).toBe(own);
});

test('directories, and files that may not be run, are no programs', async () => {
  await mkdir(join(directory, 'lab-redis'));
  await chmod(await program('lab-nginx'), 0o644);
  expect(findProgram(['lab-redis', 'lab-nginx', 'no-such-thing'], directory)).toBeUndefined();
});

test('lists the wanted programs that were not found, by default the servers', () => {
  expect(missingFrom({ redis: '/usr/bin/redis-server' })).toEqual(['mysql', 'nginx']);
  expect(missingFrom({ redis: '/usr/bin/redis-server' }, ['redis', 'chromium'])).toEqual(['chromium']);
});

test.each(['chromium-headless-shell', 'chromium', 'google-chrome-stable', 'google-chrome', 'chromium-browser'])(
  'a browser that is called %s will do',
  async (name) => {
    const browser = await program(`browsers/${name}`);
    const { chromium: elsewhere } = findPrograms(`${directory}/none`);
    const { chromium } = findPrograms(`${directory}/browsers`);
    expect([browser, elsewhere].filter(Boolean)).toContain(chromium); // this machine may have a better one
  },
);
