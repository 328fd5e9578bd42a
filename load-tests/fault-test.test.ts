import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Cell } from './faults/cell.ts';
import type { FaultReport } from './faults/matrix.ts';
import { mistakesIn } from './report/html/well-formed.ts';
import { processesOf } from './stack/processes-of.ts';
import { repositoryRoot } from './stack/repository.ts';

/** The command, on a stack of its own whose scratch directory is in one of the test's own. */
interface Run {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly exited: Promise<number | null>;
  readonly output: () => string;
}

let runs: Run[];
beforeEach(() => {
  runs = [];
});
afterEach(async () => {
  for (const { process: started, directory } of runs) {
    started.kill('SIGKILL');
    await rm(directory, { recursive: true, force: true });
  }
});

/** @param args `@/` stands for the test's own directory. */
async function faultTest(...args: readonly string[]): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), 'fault-test-'));
  const given = ['--report', '@/', ...args].map((arg) => arg.replace(/^@/, directory));
  const started = spawn(process.execPath, ['--import', 'tsx', 'load-tests/fault-test.ts', ...given], {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory },
  });
  let output = '';
  started.stdout.on('data', (chunk) => (output += chunk));
  started.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
  const run = { process: started, directory, exited, output: () => output };
  runs.push(run);
  return run;
}

const isFrozen = (line: string) => /^\s*\d+\s+\S+\s+T/.test(line);

async function expectNothingLeft(run: Run): Promise<void> {
  await vi.waitFor(() => expect(processesOf(run.directory)).toEqual([]), { timeout: 5000 });
  const scratch = async () => (await readdir(run.directory)).filter((name) => name.startsWith('payment-race-'));
  await vi.waitFor(async () => expect(await scratch()).toEqual([]), { timeout: 5000 });
}

async function untilFrozen(run: Run): Promise<void> {
  await vi.waitFor(() => expect(processesOf(run.directory).some(isFrozen), run.output()).toBe(true), {
    timeout: 90_000,
    interval: 50,
  });
}

const momentsOf = (cell: Cell | undefined) =>
  (cell?.timeline ?? []).map((event) => {
    const who = 'who' in event ? ` ${event.who}` : '';
    return `${event.kind}${who}${event.kind === 'wrote' && event.isStale ? ' stale' : ''}`;
  });

test('a paused holder and a foreign release: violated with a lease, held with a fencing token; only a bare DEL lets a third in', {
  timeout: 180_000,
}, async () => {
  const run = await faultTest(
    ...['--scenarios', 'paused-holder,foreign-release'],
    ...['--modes', 'naive,redis,fenced', '--json', '@/report.json'],
  );
  const code = await run.exited;
  const report = join(run.directory, 'report.json');
  const { asExpected, cells } = JSON.parse(await readFile(report, 'utf8')) as FaultReport;
  await rm(report);
  const page = await readFile(join(run.directory, 'fault-test.html'), 'utf8');
  expect(
    cells.map(({ scenario, mode, verdict, thirdGotIn }) => [scenario, mode, verdict, thirdGotIn]),
    run.output(),
  ).toEqual([
    ['paused-holder', 'naive', 'violated', undefined],
    ['paused-holder', 'redis', 'violated', undefined],
    ['paused-holder', 'fenced', 'held', undefined],
    ['foreign-release', 'naive', 'violated', true],
    ['foreign-release', 'redis', 'violated', false],
    ['foreign-release', 'fenced', 'held', false],
  ]);
  const [, pausedRedis, pausedFenced] = cells;
  // The pause of a lease-holder was a long one: its rival got in by the end of the TTL, and not before.
  expect(pausedRedis).toMatchObject({
    expected: 'violated',
    acknowledged: 2,
    lost: 1,
    notes: { rivalGotIn: true },
    witnesses: { accessWithoutPaying: 1 },
    unavailableMs: 0,
  });
  expect(pausedRedis?.durationMs).toBeGreaterThan(900);
  expect(pausedFenced).toMatchObject({ lost: 0, acknowledged: 1, notes: { rivalGotIn: true } });
  expect([asExpected, code]).toEqual([true, 0]);
  expect(run.output()).toMatch(/paused-holder +│ violated +│ violated +│ held/);
  expect(run.output()).toContain('foreign-release, a third request got in: naive yes; redis no; fenced no.');

  // The critical moment, in its order: the lock of the paused one runs out, its rival gets in, and the late write comes.
  expect(momentsOf(pausedRedis).join(' ')).toMatch(
    /^sent A granted A .*held A goes-on A fault .*ended A granted B .*wrote B .*wrote A stale .*answered A/,
  );
  expect(momentsOf(pausedFenced).join(' ')).not.toContain('stale');

  expect(run.output()).toContain(`The same with the story of each cell: ${join(run.directory, 'fault-test.html')}`);
  expect(mistakesIn(page)).toEqual([]);
  expect(page).not.toMatch(/NaN|Infinity|undefined|somebody/);
  for (const { scenario, mode, verdict } of cells) {
    const story = page.split(`id="${scenario}--${mode}"`)[1]?.split('</details>')[0] ?? '';
    expect(story.includes('✕ stale write'), `${scenario}, ${mode}`).toBe(verdict === 'violated');
    expect(story, `${scenario}, ${mode}`).toContain('class="lease');
    expect(story, `${scenario}, ${mode}`).toContain('class="band"');
  }
  await expectNothingLeft(run);
});

test('Ctrl-C while an instance is paused, and SIGKILL in the middle of a soak, leave nothing running and nothing frozen', {
  timeout: 180_000,
}, async () => {
  const interrupted = await faultTest('--scenarios', 'paused-holder', '--modes', 'row');
  const killed = await faultTest('--scenarios', 'soak', '--modes', 'version', '--soak-seconds', '60');
  await Promise.all([
    untilFrozen(interrupted).then(() => interrupted.process.kill('SIGINT')),
    untilFrozen(killed).then(() => killed.process.kill('SIGKILL')),
  ]);
  expect(await interrupted.exited).toBe(130);
  await expectNothingLeft(interrupted);
  await killed.exited;
  await expectNothingLeft(killed);
});
