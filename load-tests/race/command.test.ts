import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { readyInstance } from '../../app/testing/instance.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { mistakesIn } from '../report/html/well-formed.ts';
import type { RaceReport } from '../report/run-report.ts';
import { noWitnesses, type Verdict } from '../verify/verdict.ts';
import type { RaceAll } from './command.ts';
import { expectedVerdict } from './expectation.ts';
import { type RaceResult, race } from './race.ts';
import { raceTests, readReport, run } from './race-test.ts';

/** Requests per round, whatever the machine's speed. */
const requests = 120;

/** Runs the race on a running stack, each mode by header, and repeats it until it is conclusive. */
function raceOn(url: string, instances: number): RaceAll {
  const raceMode = (mode: string, options: Parameters<RaceAll>[0]) => {
    const load = { ...options, url, mode, seconds: 0.5, requests, headers: { 'x-lock-mode': mode } };
    const expected = expectedVerdict(mode, instances);
    let seed = options.seed;
    return until(
      `${mode} is conclusive: ${expected}`,
      async () => {
        const result = await race({ ...load, seed: seed++ });
        return isConclusive[expected](result) && result;
      },
      soon,
    );
  };
  return async (options) => {
    const runs: RaceResult[] = [];
    for (const mode of options.modes) runs.push(await raceMode(mode, options));
    return { runs, versions: { mysql: 'unknown', redis: 'unknown', nginx: 'unknown' } };
  };
}

/** An unexpected violation is conclusive, too: the tests then fail. */
const isConclusive: Record<Verdict, (result: RaceResult) => boolean> = {
  violated: ({ inconsistent, unexplained }) => inconsistent.length > 0 && unexplained !== undefined,
  held: ({ report: { verdict, overlapping, history } }) =>
    verdict === 'violated' || (overlapping > 20 && history.calls > 20),
  inconclusive: () => true,
};

const { file, raceTest } = raceTests();

describe('three instances', () => {
  let report: RaceReport;
  let output: string;
  let code: number;
  let page: string;
  beforeAll(async () => {
    const json = file('three.json');
    const args = ['--modes', 'all', '--users', '20', '--seed', '7', '--json', json];
    ({ code, output } = await raceTest(args, raceOn(testStack().url, 3)));
    report = await readReport(json);
    page = await readFile(file('race-test.html'), 'utf8');
  });

  test('demonstrates the race and the locks, and exits with 0', () => {
    expect(output).toContain('User ');
    expect(report.demonstrated, output).toBe(true);
    expect(code).toBe(0);
  });

  test('none: loses writes, and shows an inconsistent user and its requests', () => {
    const none = run(report, 'none');
    expect(none?.verdict).toBe('violated');
    expect(none?.witnesses.staleWrites).toBeGreaterThan(0);
    const { accessWithoutPaying = 0, chargedTwice = 0, chargedWithoutAccess = 0 } = none?.witnesses ?? {};
    expect(accessWithoutPaying + chargedTwice + chargedWithoutAccess).toBeGreaterThan(0); // which one varies
    expect(output).toMatch(/User \d+ (has access and paid nothing|is charged .*):\n +A = (pay|cancel) on app-\d/);
    expect(output).toMatch(
      /│ +│ +none │ +memory │.*│ linearizable +│ +no │ +no │.*│ verdict +│ violated │ violated │/s,
    );
    expect(output).toMatch(/\nAs expected: (\w+ lost \d+ updates)(, \w+ \d+)*, the others 0\.$/);
    expect(Math.max(...output.split('\n').map((line) => (line.includes('/') ? 0 : line.length)))).toBeLessThanOrEqual(
      80,
    );
    expect(output).toMatch(/User \d+: no order of these calls explains their answers(.*\n)*.* ms .*<-\s+impossible\n/);
  });

  test('writes a page with every mode, and diagrams of the violations', () => {
    expect(output).toContain(file('race-test.html'));
    expect(mistakesIn(page)).toEqual([]);
    for (const { mode, requests, requestsPerSecond, verdict } of report.runs) {
      expect(page).toContain(`<th scope="row">${mode}</th><td class="right">${requests.toLocaleString('en')}</td>`);
      expect(page).toContain(`${Math.round(requestsPerSecond).toLocaleString('en')} requests/s`);
      const article = page.split('<article>').find((candidate) => candidate.includes(`<h3>${mode} `));
      // Where several updates are lost, the picture says who did, or names each in brief.
      const lost = /✕ (\w+ )?(wrote v\d|v\d+( \(\w+\))? is lost)/;
      const marks = [/class="diagram-picture"/, lost, /✕ Lost update, user /, /class="history"/, /✕ impossible/];
      for (const mark of marks) expect(mark.test(article ?? ''), `${mode}: ${mark}`).toBe(verdict === 'violated');
    }
  });

  test('memory: does not exclude requests on other instances', () => {
    expect(run(report, 'memory')).toMatchObject({ verdict: 'violated', instances: 3 });
  });

  test.each(['none', 'memory'])('%s: the history is not linearizable', (mode) => {
    expect(run(report, mode)?.witnesses.linearizable).toBe(false);
    expect(run(report, mode)?.history.notLinearizable).toBeGreaterThan(0);
  });

  const guarded = lockModeNames.filter((mode) => expectedVerdict(mode, 3) === 'held');
  test.each(guarded)('%s: no witness finds a violation under contention', (mode) => {
    const held = run(report, mode);
    expect(held).toMatchObject({
      verdict: 'held',
      errors: 0,
      witnesses: { ...noWitnesses, linearizable: true },
    });
    expect(held?.overlapping).toBeGreaterThan(20);
    expect(held?.history.notLinearizable).toBe(0);
    expect(held?.history.calls).toBeGreaterThan(20);
  });

  test('writes the documented JSON', () => {
    expect(report).toMatchObject({ seed: 7, environment: { node: process.version, cpus: expect.any(Number) } });
    for (const { requests, requestsPerSecond, latencyMs, latencyPercentiles, answers } of report.runs) {
      expect(requests).toBeGreaterThan(0);
      expect(requestsPerSecond).toBeGreaterThan(0);
      expect(latencyMs.p99).toBeGreaterThan(latencyMs.p50);
      expect(latencyPercentiles).toContainEqual({ percent: 99, ms: latencyMs.p99 });
      expect(Object.values(answers).reduce((sum, count) => sum + count, 0)).toBe(requests);
      expect(Object.keys(answers)).toEqual(
        expect.arrayContaining(['paid', 'already_paid', 'cancelled', 'nothing_to_cancel', 'lock-busy']),
      );
    }
  });
});

test('memory: holds on one instance', async () => {
  await using instance = await readyInstance({ LAB: 'on' });
  const json = file('one.json');
  const args = ['--modes', 'memory', '--users', '5', '--json', json];
  const { code, output } = await raceTest(args, raceOn(instance.url, 1));
  expect(code, output).toBe(0);
  expect(run(await readReport(json), 'memory')).toMatchObject({ verdict: 'held', instances: 1 });
});
