import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../app/testing/free-port.ts';
import { testStack } from '../../app/testing/stack.ts';
import { raceTests, readReport, run, untilConclusive } from './race-test.ts';

const { file, raceTest } = raceTests();

describe('against a running stack', () => {
  test('uses the mode of the stack', async () => {
    const json = file('url.json');
    const args = ['--url', testStack().url, '--users', '5', '--json', json];
    const { code, output } = await untilConclusive((seconds) => raceTest([...args, '--duration', String(seconds)]));
    const { runs } = await readReport(json);
    expect(runs).toHaveLength(1);
    expect(runs[0], output).toMatchObject({ mode: 'none', verdict: 'violated', instances: 3 });
    expect(code).toBe(0);
  });

  test('uses the given number of amounts per user', async () => {
    const args = ['--url', testStack().url, '--amounts', '3', '--users', '2'];
    const { code, output } = await untilConclusive((seconds) => raceTest([...args, '--duration', String(seconds)]));
    expect(code, output).toBe(0);
    const connection = await createConnection(testStack().mysqlUrl);
    try {
      const [rows] = await connection.query<RowDataPacket[]>(
        'SELECT COUNT(DISTINCT amount) AS amounts FROM charges GROUP BY user_id',
      );
      expect(Math.max(...rows.map(({ amounts }) => amounts))).toBe(3);
    } finally {
      await connection.end();
    }
  });

  test('reports an unreachable stack without a stack trace, and exits with 1', async () => {
    const { code, output } = await raceTest(['--url', `http://127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(output).toMatch(/healthz was not answered: .*ECONNREFUSED/);
    expect(output).not.toMatch(/ at .*\.ts:/);
  });
});

test('is inconclusive without overlapping requests, and exits with 1', async () => {
  const json = file('alone.json');
  const args = ['--url', testStack().url, '--users', '5', '--connections', '1', '--duration', '1', '--json', json];
  const { code, output } = await raceTest(args);
  expect(code).toBe(1);
  expect(run(await readReport(json), 'none')).toMatchObject({
    witnesses: { linearizable: null },
    history: { calls: 0, whyNone: expect.stringContaining('fewer than 4 connections') },
  });
  expect(output).toMatch(/^Not as expected: none inconclusive, expected violated\.$/m);
});
