import { expect, test } from 'vitest';
import { advance, problem, untilDone } from './fixtures/fake-lab.ts';
import { openPage } from './fixtures/open-page.ts';

const run = {
  instance: 'app-2',
  outcome: 'succeeded',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:00:01Z',
};
const overview = { jobs: [{ name: 'reconcile', ttlMs: 1000, onLeader: false }], leader: null };

/** A board that has read the jobs. */
async function openBoard() {
  const { fake: lab, jobs: board } = await openPage();
  lab.answer(/^\/jobs$/, () => ({ body: overview }));
  await advance(5000);
  lab.asked.length = 0;
  return { lab, board };
}

test('keeps what it knew of the jobs while they cannot be read', async () => {
  const { lab, board } = await openBoard();
  expect([board.jobs.value, board.error.value]).toEqual([overview, undefined]);
  lab.answer(/^\/jobs$/, undefined);
  await advance(5000);
  expect([board.jobs.value, board.error.value]).toEqual([overview, { problem: 'unreachable' }]);
});

test('runs a job once despite repeated requests, and reads the jobs afterwards', async () => {
  const { lab, board } = await openBoard();
  lab.answer(/run$/, () => new Promise((resolve) => setTimeout(resolve, 500, { body: { status: 'ran', run } })));
  const runs = [board.run('reconcile'), board.run('reconcile'), board.run('unknown')];
  expect(board.answers.value).toEqual({ reconcile: 'asked' });
  await untilDone(Promise.all(runs));
  expect(board.answers.value).toEqual({
    reconcile: { text: expect.stringMatching(/^✓ Ran on app-2/), state: 'right' },
  });
  const asked = lab.asked.filter((one) => one.includes('/jobs'));
  expect(asked).toEqual(['POST /jobs/reconcile/run', 'GET /jobs']);
});

test('says why it did not run, and allows another try', async () => {
  const { lab, board } = await openBoard();
  lab.answer(/run$/, () => problem(409, 'job-busy', { 'Retry-After': '3' }));
  await untilDone(board.run('reconcile'));
  expect(board.answers.value.reconcile).toMatchObject({
    text: expect.stringMatching(/Try again in 3 s\.$/),
    state: 'wrong',
  });
  await untilDone(board.run('reconcile'));
  expect(lab.asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
});
