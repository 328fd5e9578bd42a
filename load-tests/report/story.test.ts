import { expect, test } from 'vitest';
import type { RunReport } from './run-report.ts';
import { sentenceFor, tellStory } from './story.ts';

test('tells who read what and whose write was lost, in order and with the times between', () => {
  const at = (us: number) => `2026-01-01T00:00:00.${String(us).padStart(6, '0')}Z`;
  const story = tellStory({
    userId: 7,
    wrong: 'accessWithoutPaying',
    what: 'User 7 has access and paid nothing',
    requests: [
      {
        requestId: 'r-1',
        instance: 'app-1',
        command: 'pay',
        steps: [
          { at: at(1000), did: 'charged', chargeId: 3, amount: 4900 },
          { at: at(31_500), did: 'wrote', paid: true, readVersion: 4, overwroteVersion: 5, overwrote: 'r-2' },
        ],
      },
      {
        requestId: 'r-2',
        instance: 'app-2',
        command: 'cancel',
        steps: [
          { at: at(2250), did: 'refunded', chargeId: 3, amount: 4900 },
          { at: at(21_000), did: 'wrote', paid: false, readVersion: 4, overwroteVersion: 4 },
        ],
      },
    ],
  });
  expect(story).toEqual([
    'User 7 has access and paid nothing:',
    '  A = pay on app-1 (read version 4), request r-1',
    '  B = cancel on app-2 (read version 4), request r-2',
    '     0.0 ms  A charges 4900 (charge 3)',
    '     1.3 ms  B refunds charge 3',
    '    20.0 ms  B writes free over version 4, which it had read',
    '    30.5 ms  A writes paid over version 5, having read version 4: the write of B is lost',
  ]);
});

test('says what became of the users whose calls were recorded', () => {
  const report: RunReport = {
    mode: 'none',
    instances: 3,
    requests: 1000,
    requestsPerSecond: 200,
    latencyMs: { p50: 20, p99: 100 },
    answers: {},
    errors: 0,
    overlapping: 500,
    witnesses: {
      staleWrites: 1,
      accessWithoutPaying: 0,
      chargedTwice: 2,
      chargedWithoutAccess: 0,
      linearizable: false,
    },
    history: { users: 40, calls: 1234, unknown: 0, notLinearizable: 12 },
    verdict: 'violated',
    expected: 'violated',
  };
  const recorded = 'Of 40 users whose 1,234 calls were recorded,';
  expect(sentenceFor(report)).toMatch(
    `2 are charged more than once. ${recorded} 12 got answers that no order explains.`,
  );
  const witnesses = { ...report.witnesses, staleWrites: 0, chargedTwice: 0, linearizable: true };
  const held: RunReport = { ...report, witnesses, verdict: 'held', history: { ...report.history, notLinearizable: 0 } };
  expect(sentenceFor(held)).toMatch(`for every user. ${recorded} every one got answers that some order explains.`);
  const none: RunReport = { ...held, history: { users: 0, calls: 0, unknown: 0, notLinearizable: 0 } };
  expect(sentenceFor(none)).toMatch(/for every user\.$/);
  const untold: RunReport = { ...none, history: { ...none.history, whyNone: 'nobody asked' } };
  expect(sentenceFor(untold)).toMatch(/for every user\. No history was recorded: nobody asked\.$/);
});
