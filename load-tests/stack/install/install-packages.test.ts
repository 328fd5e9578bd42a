import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const lock = JSON.stringify({ packages: { '': {}, 'node_modules/knex': { version: '3.1.0' } } });
/** Takes the place of npm: notes each call, takes its time, and installs what the lock file asks for. */
const fakeNpm = `#!/bin/sh
echo "$@" >>calls
[ -e fails ] && { echo 'npm error: no network'; exit 7; }
[ -e slow ] && sleep 0.3
mkdir -p node_modules/knex && cp package-lock.json node_modules/.package-lock.json
`;

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'install-packages-'));
  await mkdir(join(project, 'load-tests/stack/install'), { recursive: true });
  for (const file of ['install-packages.mjs', 'package-lock.mjs']) {
    await cp(new URL(file, import.meta.url), join(project, 'load-tests/stack/install', file));
  }
  await writeFile(join(project, 'package-lock.json'), lock);
  await writeFile(join(project, 'npm'), fakeNpm, { mode: 0o755 });
});

afterEach(() => rm(project, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function installPackages(): Promise<Outcome> {
  const script = join(project, 'load-tests/stack/install/install-packages.mjs');
  const env = { PATH: `${project}:${process.env.PATH}` };
  return new Promise((resolve) => {
    execFile(process.execPath, [script], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

const npmCalls = () => readFile(join(project, 'calls'), 'utf8').catch(() => '');

test('missing packages are installed, and then nothing is done or said', async () => {
  const first = await installPackages();
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('node_modules is missing') });
  expect(await npmCalls()).toMatch(/^ci .*\n$/);

  expect(await installPackages()).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await npmCalls()).toMatch(/^ci .*\n$/);
});

test('packages that are older than the lock file, or deleted by hand, are installed again', async () => {
  await installPackages();
  await writeFile(join(project, 'package-lock.json'), lock.replace('3.1.0', '3.2.0'));
  expect((await installPackages()).stderr).toContain('knex is 3.1.0 and should be 3.2.0');

  await rm(join(project, 'node_modules/knex'), { recursive: true });
  expect((await installPackages()).stderr).toContain('node_modules/knex is gone');
});

test('two commands that start together install once', async () => {
  await writeFile(join(project, 'slow'), '');
  const outcomes = await Promise.all([installPackages(), installPackages()]);
  expect(outcomes.map(({ code }) => code)).toEqual([0, 0]);
  expect(await npmCalls()).toMatch(/^ci .*\n$/);
  expect(await readdir(project)).not.toContain('.npm-ci.lock');
});

test('a command that was killed while it installed does not keep the next one out', async () => {
  const { pid: gone } = await new Promise<{ pid: number }>((resolve) => {
    const child = execFile('true', () => resolve({ pid: child.pid ?? 0 }));
  });
  await symlink(String(gone), join(project, '.npm-ci.lock'));
  expect(await installPackages()).toMatchObject({ code: 0 });
  expect(await npmCalls()).toMatch(/^ci .*\n$/);
});

test('a failed npm ci ends the command with 1, after what npm said, and leaves no lock', async () => {
  await writeFile(join(project, 'fails'), '');
  const { code, stdout, stderr } = await installPackages();
  expect(code).toBe(1);
  expect(stdout).toContain('no network');
  expect(stderr).toContain('npm ci failed');
  expect(await readdir(project)).not.toContain('.npm-ci.lock');
});
