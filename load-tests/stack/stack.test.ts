import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { processesOf } from './processes-of.ts';
import { repositoryRoot } from './repository.ts';

/** These tests start stacks of their own, with `npm start`'s program, each in a temporary directory of its own. */
interface Owner {
  readonly process: ChildProcess;
  /** Where its stack has its scratch directory. */
  readonly directory: string;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

let owners: Owner[];
beforeEach(() => {
  owners = [];
});
afterEach(async () => {
  for (const { process: child, directory } of owners) {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});

async function startOwner(env: Record<string, string> = {}): Promise<Owner> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-test-'));
  const child = spawn(process.execPath, ['--import', 'tsx', 'load-tests/start.ts', '--instances', '1'], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory, ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const owner = { process: child, directory, output: () => output, exited };
  owners.push(owner);
  return owner;
}

const says = (owner: Owner, what: RegExp) =>
  vi.waitFor(() => expect(owner.output()).toMatch(what), { timeout: 60_000, interval: 20 });

async function ready(owner: Owner): Promise<string> {
  await says(owner, /Ctrl-C ends it/);
  return /The lab is at (\S+)/.exec(owner.output())?.[1] ?? '';
}

async function expectNothingLeft({ directory }: Owner): Promise<void> {
  await vi.waitFor(() => expect(processesOf(directory)).toEqual([]), { timeout: 5000 });
  await vi.waitFor(async () =>
    expect(await readdir(directory)).toEqual(expect.not.arrayContaining([expect.stringMatching(/^payment-race-/)])),
  );
}

test('two stacks run at once; Ctrl-C on the one and SIGKILL of the other leave no process and no directory', async () => {
  const [first, second] = await Promise.all([startOwner(), startOwner({ LOCK_MODE: 'redis' })]);
  for (const [owner, mode] of [
    [first, 'none'],
    [second, 'redis'],
  ] as const) {
    const answer = await fetch(`${await ready(owner)}/users`);
    expect(answer.headers.get('x-lock-mode')).toBe(mode);
    expect(await answer.json()).toMatchObject({ users: expect.any(Array) });
    expect(processesOf(owner.directory).length).toBeGreaterThanOrEqual(6); // itself, watchdog, MySQL, Redis, nginx, instance
  }
  first.process.kill('SIGINT');
  second.process.kill('SIGKILL');
  expect(await first.exited).toBe(130);
  expect(processesOf(first.directory)).toEqual([]); // when the prompt is back, all is done
  await expectNothingLeft(first);
  await second.exited;
  await expectNothingLeft(second);
}, 90_000);

test('a signal in the middle of the start leaves nothing either', async () => {
  const owner = await startOwner();
  await says(owner, /starting 1 instance/);
  owner.process.kill('SIGTERM');
  expect(await owner.exited).toBe(143);
  await expectNothingLeft(owner);
});

test('a part that does not start is named, with the last lines of its log, and nothing is left', async () => {
  const fake = await mkdtemp(join(tmpdir(), 'fake-'));
  await writeFile(join(fake, 'redis-server'), '#!/bin/sh\necho "the reason why" >&2\nexit 1\n');
  await chmod(join(fake, 'redis-server'), 0o755);
  try {
    const owner = await startOwner({ PATH: `${fake}:${process.env.PATH}` });
    expect(await owner.exited).toBe(1);
    expect(owner.output()).toMatch(/redis ended at once\. The last lines of its log:\nthe reason why/);
    await expectNothingLeft(owner);
  } finally {
    await rm(fake, { recursive: true });
  }
});
