import { expect, test } from 'vitest';
import { noHistory } from '../race/history.ts';
import { describeInconsistency, sentenceFor } from './describe-run.ts';
import { accessWithoutPaying, heldRun, violatedRun } from './fixtures.ts';

test('describes in order which version each request read and whose write was lost', () => {
  expect(describeInconsistency(accessWithoutPaying, 'none')).toEqual([
    'User 7 has access and paid nothing:',
    '  A = pay on app-1, request r-1',
    '  B = cancel on app-2, request r-2',
    '     0.0 ms  A had read v4',
    '     0.0 ms  A got charge 3 of 49.00 confirmed',
    '     1.3 ms  B had read v4',
    '     1.3 ms  B got the refund of charge 3 confirmed',
    '    20.0 ms  B wrote v5 (unpaid), decided on v4',
    '    30.5 ms  A wrote v6 (paid), decided on v4: v5 (unpaid) by B (cancel) is lost',
  ]);
});

test('says for how many users no order explains the recorded answers', () => {
  const recorded = 'Of 40 users whose 1,234 calls were recorded,';
  expect(sentenceFor(violatedRun)).toMatch(
    `2 are charged more than once. ${recorded} 12 got answers that no order explains.`,
  );
  expect(sentenceFor(heldRun)).toMatch(`for every user. ${recorded} every one got answers that some order explains.`);
  const unclear = { ...heldRun, history: { ...heldRun.history, unknown: 30, onlyByUnknown: 21 } };
  expect(sentenceFor(unclear)).toMatch(
    'recorded (30 of unknown outcome), every one got answers that some order explains, 21 only if calls of unknown outcome took effect.',
  );
  expect(sentenceFor({ ...unclear, verdict: 'inconclusive' })).toMatch(
    'calls of unknown outcome explain too many answers to test anything.',
  );
  expect(sentenceFor({ ...heldRun, history: noHistory })).toMatch(/for every user\.$/);
  const unrecorded = { ...heldRun, history: { ...noHistory, whyNone: 'not asked for' } };
  expect(sentenceFor(unrecorded)).toMatch(/for every user\. No history was recorded: not asked for\.$/);
});

test('calls it chance that no user is inconsistent only if a write was stale', () => {
  const { witnesses } = violatedRun;
  const none = { ...witnesses, accessWithoutPaying: 0, chargedTwice: 0, chargedWithoutAccess: 0 };
  const stale = sentenceFor({ ...violatedRun, witnesses: { ...none, staleWrites: 1 } });
  expect(stale).toContain('1 write was decided on a stale read, and no user is inconsistent in the end, by chance.');
  const onlyHistory = sentenceFor({ ...violatedRun, witnesses: { ...none, staleWrites: 0 } });
  expect(onlyHistory).toContain('0 writes were decided on a stale read, and no user is inconsistent in the end. Of 40');
});
