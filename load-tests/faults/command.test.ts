import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { mistakesIn } from '../report/html/well-formed.ts';
import { faultCommand } from './command.ts';
import type { FaultReport } from './matrix.ts';
import type { MatrixCell } from './matrix-cell.ts';

const eventsOf = (cell: MatrixCell | undefined) =>
  (cell?.timeline ?? []).map((event) => {
    const who = 'who' in event ? ` ${event.who}` : '';
    return `${event.kind}${who}${event.kind === 'wrote' && event.isStale ? ' stale' : ''}`;
  });

test('fails without a scenario that applies: nothing would be tested', async () => {
  const run = faultCommand(['--scenarios', 'majority-lost', '--modes', 'redis'], () => {});
  await expect(run).rejects.toThrow('None of these scenarios applies to any of these modes.');
});

test('a paused holder breaks leases, not fencing; only a bare DEL admits a third', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'fault-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const report = join(directory, 'report.json');
  const lines: string[] = [];
  const code = await faultCommand(
    [
      ...['--scenarios', 'paused-holder,foreign-release', '--modes', 'naive,redis,fenced'],
      ...['--report', directory, '--json', report],
    ],
    (line) => lines.push(line),
  );
  const output = stripVTControlCharacters(lines.join('\n'));
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
  // The rival of a paused lease holder is admitted when the TTL expires, not before.
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
  expect(output).toContain('foreign-release, third request admitted: naive yes; redis no; fenced no.');

  // The order of the race: the paused holder's lock expires, its rival is granted the lock, and the late write follows.
  expect(eventsOf(pausedRedis).join(' ')).toMatch(
    /^sent A granted A .*held A goes-on A fault .*ended A granted B .*wrote B .*wrote A stale .*answered A/,
  );
  expect(eventsOf(pausedFenced).join(' ')).not.toContain('stale');

  expect(output).toContain(join(directory, 'fault-test.html'));
  expect(output).not.toContain('{'); // no JSON
  expect(lines.at(-1)).toBe('As expected: 4 violated, 2 held (6 cells).');
  expect(mistakesIn(page)).toEqual([]);
  expect(page).not.toMatch(/NaN|Infinity|undefined|unknown request/);
  for (const { scenario, mode, verdict } of cells) {
    const details = page.split(`id="${scenario}--${mode}"`)[1]?.split('</details>')[0] ?? '';
    expect(details.includes('✕ Lost update, user '), `${scenario}, ${mode}`).toBe(verdict === 'violated');
    expect(details, `${scenario}, ${mode}`).toContain('class="bar lease ');
    expect(details, `${scenario}, ${mode}`).toContain('class="bar fault ');
  }
});
