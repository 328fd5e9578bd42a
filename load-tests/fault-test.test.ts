import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext, test } from 'vitest';
import { soon, until } from '../app/testing/until.ts';
import { faultCommand } from './fault-command.ts';
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

type OnTestFinished = TestContext['onTestFinished'];

async function newDirectory(onTestFinished: OnTestFinished): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'fault-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function faultTest(onTestFinished: OnTestFinished, ...args: readonly string[]): Promise<Run> {
  const directory = await newDirectory(onTestFinished);
  const command = ['--import', 'tsx', 'load-tests/fault-test.ts', '--report', directory, ...args];
  const started = spawn(process.execPath, command, {
    cwd: repositoryRoot,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: directory },
  });
  let output = '';
  started.stdout.on('data', (chunk) => (output += chunk));
  started.stderr.on('data', (chunk) => (output += chunk));
  const exited = new Promise<number | null>((resolve) => started.once('exit', resolve));
  onTestFinished(async () => {
    started.kill('SIGKILL');
    await exited;
  });
  return { process: started, directory, exited, output: () => output };
}

const isFrozen = (line: string) => /^\s*\d+\s+\S+\s+T/.test(line);

/** All of a stack takes longer than anything else that a test waits for. */
const startsWithinMs = 110_000;

async function expectNothingLeft({ directory }: Run): Promise<void> {
  await until('no process is left', () => processesOf(directory).length === 0, soon);
  const scratch = async () => (await readdir(directory)).filter((name) => name.startsWith('payment-race-'));
  await until('no directory is left', async () => (await scratch()).length === 0, soon);
}

async function untilFrozen({ directory, output }: Run): Promise<void> {
  const error = (message: string) => new Error(`${message}. It has said:\n${output()}`);
  await until('an instance is paused', () => processesOf(directory).some(isFrozen), {
    withinMs: startsWithinMs,
    everyMs: 200,
    error,
  });
}

const momentsOf = (cell: Cell | undefined) =>
  (cell?.timeline ?? []).map((event) => {
    const who = 'who' in event ? ` ${event.who}` : '';
    return `${event.kind}${who}${event.kind === 'wrote' && event.isStale ? ' stale' : ''}`;
  });

test('a paused holder and a foreign release: violated with a lease, held with a fencing token; only a bare DEL lets a third in', async ({
  onTestFinished,
}) => {
  const directory = await newDirectory(onTestFinished);
  const report = join(directory, 'report.json');
  const lines: string[] = [];
  const code = await faultCommand(
    [
      ...['--scenarios', 'paused-holder,foreign-release', '--modes', 'naive,redis,fenced'],
      ...['--report', directory, '--json', report],
    ],
    (line) => lines.push(line),
  );
  const output = lines.join('\n');
  const { asExpected, cells } = JSON.parse(await readFile(report, 'utf8')) as FaultReport;
  const page = await readFile(join(directory, 'fault-test.html'), 'utf8');
  expect(
    cells.map(({ scenario, mode, verdict, thirdGotIn }) => [scenario, mode, verdict, thirdGotIn]),
    output,
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
  expect(output).toMatch(/paused-holder +│ violated +│ violated +│ held/);
  expect(output).toContain('foreign-release, a third request got in: naive yes; redis no; fenced no.');

  // The critical moment, in its order: the lock of the paused one runs out, its rival gets in, and the late write comes.
  expect(momentsOf(pausedRedis).join(' ')).toMatch(
    /^sent A granted A .*held A goes-on A fault .*ended A granted B .*wrote B .*wrote A stale .*answered A/,
  );
  expect(momentsOf(pausedFenced).join(' ')).not.toContain('stale');

  expect(output).toContain(`The same with the story of each cell: ${join(directory, 'fault-test.html')}`);
  expect(mistakesIn(page)).toEqual([]);
  expect(page).not.toMatch(/NaN|Infinity|undefined|somebody/);
  for (const { scenario, mode, verdict } of cells) {
    const story = page.split(`id="${scenario}--${mode}"`)[1]?.split('</details>')[0] ?? '';
    expect(story.includes('✕ stale write'), `${scenario}, ${mode}`).toBe(verdict === 'violated');
    expect(story, `${scenario}, ${mode}`).toContain('class="lease');
    expect(story, `${scenario}, ${mode}`).toContain('class="band"');
  }
});

test('Ctrl-C in the middle of a soak, while an instance is paused, leaves nothing running and nothing frozen', async ({
  onTestFinished,
}) => {
  const run = await faultTest(onTestFinished, '--scenarios', 'soak', '--modes', 'version', '--soak-seconds', '60');
  await untilFrozen(run);
  run.process.kill('SIGINT');
  expect(await run.exited).toBe(130);
  await expectNothingLeft(run);
});
