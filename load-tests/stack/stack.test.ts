import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, type TestContext, test } from 'vitest';
import { inMinutes, soon, until } from '../../app/testing/until.ts';
import { processesOf } from './processes/processes-of.ts';
import { repositoryRoot } from './repository.ts';
import { serviceProgram } from './service/builds.ts';

/** What tsx keeps of the files that it has compiled. */
const compiled = `tsx-${process.getuid?.()}`;

/** A command with a stack, in a temporary directory of its own. */
interface Owner {
  readonly process: ChildProcess;
  /** Where its stack has its scratch directory. */
  readonly directory: string;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

/** @param command a file of `load-tests/commands`, and its arguments. Default: `npm start`'s, with one instance. */
async function startOwner(
  { onTestFinished }: TestContext,
  env: Record<string, string> = {},
  [command, ...args]: readonly string[] = ['start.ts', '--instances', '1'],
): Promise<Owner> {
  const directory = await mkdtemp(join(tmpdir(), 'stack-test-'));
  await mkdir(join(tmpdir(), compiled), { recursive: true });
  await symlink(join(tmpdir(), compiled), join(directory, compiled)); // else each command would compile everything again
  const child = spawn(process.execPath, ['--import', 'tsx', `load-tests/commands/${command}`, ...args], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory, ...env },
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  child.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  });
  return { process: child, directory, output: () => output, exited };
}

async function inTime(what: string, owner: Owner, look: () => boolean): Promise<void> {
  const error = (message: string) => new Error(`${message}. It has said:\n${owner.output()}`);
  const lookOrEnded = () => {
    if (look()) return true;
    if (owner.process.exitCode !== null) throw error(`it ended before: ${what}`);
    return false;
  };
  await until(what, lookOrEnded, { ...inMinutes, everyMs: 500, error });
}

const says = (owner: Owner, what: RegExp) => inTime(`the stack says ${what}`, owner, () => what.test(owner.output()));

async function ready(owner: Owner): Promise<string> {
  await says(owner, /Ctrl-C ends it/);
  return /The lab is at (\S+)/.exec(owner.output())?.[1] ?? '';
}

async function expectNothingLeft({ directory }: Owner): Promise<void> {
  await until('no process is left', () => processesOf(directory).length === 0, { ...soon, everyMs: 100 });
  const scratch = async () => (await readdir(directory)).filter((name) => name.startsWith('payment-race-'));
  await until('no directory is left', async () => (await scratch()).length === 0, soon);
}

/** Has the instance of a stack stand still: it hears nothing any more but SIGKILL. */
function freezeInstance({ directory }: Owner): void {
  const line = processesOf(directory).find((one) => one.includes(serviceProgram)) ?? '';
  process.kill(Number.parseInt(line, 10), 'SIGSTOP');
}

// Side by side: most of their time, they wait.
describe.concurrent('a stack', () => {
  test('two stacks run at once; Ctrl-C on the one and SIGKILL of the other, with a frozen instance, leave no process and no directory', async (context) => {
    const [first, second] = await Promise.all([startOwner(context), startOwner(context, { LOCK_MODE: 'redis' })]);
    for (const [owner, mode] of [
      [first, 'none'],
      [second, 'redis'],
    ] as const) {
      const answer = await fetch(`${await ready(owner)}/users`);
      expect(answer.headers.get('x-lock-mode')).toBe(mode);
      expect(await answer.json()).toMatchObject({ users: expect.any(Array) });
      const parts = ['start.ts', 'watchdog', 'mysqld|mariadbd', 'redis-server', 'nginx', serviceProgram];
      expect(processesOf(owner.directory)).toEqual(
        expect.arrayContaining(parts.map((part) => expect.stringMatching(part))),
      );
    }
    freezeInstance(second);
    first.process.kill('SIGINT');
    second.process.kill('SIGKILL');
    expect(await first.exited).toBe(130);
    expect(processesOf(first.directory)).toEqual([]); // when the prompt is back, all is done
    await expectNothingLeft(first);
    await second.exited;
    await expectNothingLeft(second);
  });

  test('a signal in the middle of the start leaves nothing either', async (context) => {
    const owner = await startOwner(context);
    await says(owner, /starting 1 instance/);
    owner.process.kill('SIGTERM');
    expect(await owner.exited).toBe(143);
    await expectNothingLeft(owner);
  });

  test('Ctrl-C while a fault test has paused an instance leaves nothing either', async (context) => {
    const soak = ['--scenarios', 'soak', '--modes', 'version', '--soak-seconds', '60'];
    const report = await mkdtemp(join(tmpdir(), 'fault-test-'));
    context.onTestFinished(() => rm(report, { recursive: true }));
    const owner = await startOwner(context, {}, ['fault-test.ts', '--report', report, ...soak]);
    const isFrozen = (line: string) => /^\s*\d+\s+\S+\s+T/.test(line);
    await inTime('an instance is paused', owner, () => processesOf(owner.directory).some(isFrozen));
    owner.process.kill('SIGINT');
    expect(await owner.exited).toBe(130);
    await expectNothingLeft(owner);
  });

  test('a part that does not start is named, with the last lines of its log, and nothing is left', async (context) => {
    const fake = await mkdtemp(join(tmpdir(), 'fake-'));
    // It can be asked for its version and initialised, but does not run.
    const program = 'case "$*" in *--version* | *--initialize*) exit 0 ;; esac\necho "the reason why" >&2\nexit 1\n';
    await writeFile(join(fake, 'mysqld'), `#!/bin/sh\n${program}`, { mode: 0o755 });
    try {
      const owner = await startOwner(context, { PATH: `${fake}:${process.env.PATH}` });
      expect(await owner.exited).toBe(1);
      expect(owner.output()).toMatch(/mysql ended at once\. The last lines of its log:\nthe reason why/);
      expect(owner.output()).toMatch(/The logs of all servers end with\n(.*\n)*redis\.log:\n/);
      await expectNothingLeft(owner);
    } finally {
      await rm(fake, { recursive: true });
    }
  });
});
