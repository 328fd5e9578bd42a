import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import { advance, problem, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { createJobBoard } from './job-board.ts';
import type { LabState } from './lab-state.ts';

const run = {
  instance: 'app-2',
  outcome: 'succeeded',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:00:01Z',
};
const overview = { jobs: [{ name: 'reconcile', ttlMs: 1000, onLeader: false }], leader: null };

/** A board that has read the jobs once, and reads them again on `look`. */
async function openBoard(lab: ReturnType<typeof startFakeLab>) {
  lab.answer(/^\/jobs$/, () => ({ body: overview }));
  const looks: (() => Promise<void>)[] = [];
  const state = {
    known: Promise.resolve(),
    status: signal(undefined),
    watch: (_: number, look: () => Promise<void>) => looks.push(look),
  };
  const board = createJobBoard(state as unknown as LabState);
  await advance(1);
  await looks[0]?.();
  return { board, look: () => looks[0]?.() };
}

test('keeps what it knew of the jobs while they cannot be read', async () => {
  const lab = startFakeLab();
  const { board, look } = await openBoard(lab);
  expect([board.jobs.value, board.error.value]).toEqual([overview, undefined]);
  lab.answer(/^\/jobs$/, undefined);
  await look();
  expect([board.jobs.value, board.error.value]).toEqual([overview, { problem: 'unreachable' }]);
});

test('runs a job once despite repeated requests, and reads the jobs afterwards', async () => {
  const lab = startFakeLab();
  const { board } = await openBoard(lab);
  lab.answer(/run$/, () => new Promise((resolve) => setTimeout(resolve, 500, { body: { status: 'ran', run } })));
  const runs = [board.run('reconcile'), board.run('reconcile'), board.run('unknown')];
  expect(board.answers.value).toEqual({ reconcile: 'asked' });
  await untilDone(Promise.all(runs));
  expect(board.answers.value).toEqual({
    reconcile: { text: expect.stringMatching(/^✓ Ran on app-2/), state: 'right' },
  });
  expect(lab.asked).toEqual(['GET /jobs', 'POST /jobs/reconcile/run', 'GET /jobs']);
});

test('says why it did not run, and allows another try', async () => {
  const lab = startFakeLab();
  const { board } = await openBoard(lab);
  lab.answer(/run$/, () => problem(409, 'job-busy', { 'Retry-After': '3' }));
  await untilDone(board.run('reconcile'));
  expect(board.answers.value.reconcile).toMatchObject({
    text: expect.stringMatching(/Try again in 3 s\.$/),
    state: 'wrong',
  });
  await untilDone(board.run('reconcile'));
  expect(lab.asked.filter((one) => one.startsWith('POST'))).toHaveLength(2);
});
