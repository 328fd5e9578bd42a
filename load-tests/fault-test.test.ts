import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FaultReport } from './faults/matrix.ts';
import { repositoryRoot } from './stack/repository.ts';

/** The command, on a stack of its own whose scratch directory is in one of the test's own. */
let directory: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fault-test-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

function faultTest(...args: readonly string[]) {
  const started = spawn(process.execPath, ['--import', 'tsx', 'load-tests/fault-test.ts', ...args], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory },
  });
  child = started;
  let output = '';
  started.stdout.on('data', (chunk) => (output += chunk));
  started.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
  return { started, exited, output: () => output };
}

/** The processes of the stack, which have its directory in their arguments or their environment. */
function processesOfStack(): string[] {
  const all = execFileSync('ps', [process.platform === 'darwin' ? 'axEww' : 'axeww'], { maxBuffer: 2 ** 26 });
  const lines = all.toString().split('\n');
  return lines.filter((line) => line.includes(directory) && !line.includes('axeww'));
}
const isFrozen = (line: string) => /^\s*\d+\s+\S+\s+T/.test(line);

async function expectNothingLeft(): Promise<void> {
  await vi.waitFor(() => expect(processesOfStack()).toEqual([]), { timeout: 5000 });
  const scratch = async () => (await readdir(directory)).filter((name) => name.startsWith('payment-race-'));
  await vi.waitFor(async () => expect(await scratch()).toEqual([]), { timeout: 5000 });
}

test('a paused holder and a foreign release: violated without a guard and with a lease, held with a fencing token', {
  timeout: 180_000,
}, async () => {
  const report = join(directory, 'report.json');
  const { exited, output } = faultTest(
    ...['--scenarios', 'paused-holder,foreign-release'],
    ...['--modes', 'none,redis,fenced', '--json', report],
  );
  const code = await exited;
  const { asExpected, cells } = JSON.parse(await readFile(report, 'utf8')) as FaultReport;
  await rm(report);
  expect(
    cells.map(({ scenario, mode, verdict }) => [scenario, mode, verdict]),
    output(),
  ).toEqual([
    ['paused-holder', 'none', 'violated'],
    ['paused-holder', 'redis', 'violated'],
    ['paused-holder', 'fenced', 'held'],
    ['foreign-release', 'none', 'violated'],
    ['foreign-release', 'redis', 'violated'],
    ['foreign-release', 'fenced', 'held'],
  ]);
  const [, pausedRedis, pausedFenced, , releasedRedis] = cells;
  // The pause of a lease-holder was a long one: its rival got in by the end of the TTL, and not before.
  expect(pausedRedis).toMatchObject({ lost: 1, notes: { rivalGotIn: true }, witnesses: { accessWithoutPaying: 1 } });
  expect(pausedRedis?.durationMs).toBeGreaterThan(900);
  expect(pausedFenced).toMatchObject({ lost: 0, acknowledged: 1, notes: { rivalGotIn: true } });
  expect(releasedRedis?.notes).toEqual({ thirdGotIn: false });
  expect([asExpected, code]).toEqual([true, 0]);
  expect(output()).toMatch(/paused-holder +│ violated +│ violated +│ held/);
  await expectNothingLeft();
});

test('Ctrl-C while an instance is paused leaves nothing running and nothing frozen', { timeout: 120_000 }, async () => {
  const { started, exited, output } = faultTest('--scenarios', 'paused-holder', '--modes', 'row');
  await vi.waitFor(() => expect(processesOfStack().some(isFrozen), output()).toBe(true), {
    timeout: 90_000,
    interval: 50,
  });
  started.kill('SIGINT');
  expect(await exited).toBe(130);
  await expectNothingLeft();
});
