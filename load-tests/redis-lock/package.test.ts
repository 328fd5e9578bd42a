import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(1);
const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);
const name = '@payment-race-lab/redis-lock';

let tarball: string;
beforeAll(async () => {
  await run('npm', ['run', 'build:lock'], { cwd: root });
  const directory = mkdtempSync(join(tmpdir(), 'redis-lock-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory, './app/redis-lock'], {
    cwd: root,
  });
  tarball = join(directory, JSON.parse(stdout)[0].filename);
  return () => rmSync(directory, { recursive: true });
});

/** @returns a project that has the packed lock, and of the packages of this project only these. */
async function projectWith(...packages: string[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), 'lock-user-'));
  onTestFinished(() => rmSync(project, { recursive: true }));
  const installed = join(project, 'node_modules', name);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['--extract', '--file', tarball, '--strip-components', '1', '--directory', installed]);
  for (const one of packages) symlinkSync(join(root, 'node_modules', one), join(project, 'node_modules', one));
  return project;
}

const use = `
const redis = new Redis(process.env.REDIS_URL);
const lock = createRedisLock(redis);
lock.acquire('packed').then(async ({ outcome, lease }) => {
  console.log(outcome, lease.token > 0n, await lease.release());
  await lock.close();
  redis.disconnect();
});
`;

test.each([
  {
    how: 'import',
    file: 'user.mjs',
    head: `import { createRedisLock } from '${name}';\nimport { Redis } from 'ioredis';`,
  },
  {
    how: 'require',
    file: 'user.cjs',
    head: `const { createRedisLock } = require('${name}');\nconst { Redis } = require('ioredis');`,
  },
])('the packed lock works by $how, without any file of this project', async ({ file, head }) => {
  const project = await projectWith('ioredis');
  writeFileSync(join(project, file), head + use);
  const { stdout } = await run(process.execPath, [file], {
    cwd: project,
    env: { PATH: process.env.PATH, REDIS_URL: pool.server.url },
  });
  expect(stdout).toBe('acquired true released\n');
});

test('its entries load without any client installed', async () => {
  const project = await projectWith();
  const entries = [name, `${name}/node-redis`, `${name}/glide`];
  const code = `${entries.map((entry) => `await import('${entry}')`).join('; ')}; console.log('loaded')`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: project });
  expect(stdout).toBe('loaded\n');
});

test('refuses what is no client, by name', async () => {
  const project = await projectWith();
  const code = `import { createRedisLock } from '${name}'; try { createRedisLock({}) } catch (error) { console.log(String(error)) }`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', code], { cwd: project });
  expect(stdout).toBe('TypeError: a lock needs an ioredis connection, or what the adapter of another client returns\n');
});
