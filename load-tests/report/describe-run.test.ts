import { expect, test } from 'vitest';
import { noHistory } from '../race/history.ts';
import { describeInconsistency, sentenceFor } from './describe-run.ts';
import { accessWithoutPaying, heldRun, violatedRun } from './fixtures.ts';

test('describes in order which version each request read and whose write was lost', () => {
  expect(describeInconsistency(accessWithoutPaying)).toEqual([
    'User 7 has access and paid nothing:',
    '  A = pay on app-1 (read version 4), request r-1',
    '  B = cancel on app-2 (read version 4), request r-2',
    '     0.0 ms  A charges 4900 (charge 3)',
    '     1.3 ms  B refunds charge 3',
    '    20.0 ms  B writes unpaid over version 4, which it had read',
    '    30.5 ms  A writes paid over version 5, having read version 4: the write of B is lost',
  ]);
});

test('says for how many users no order explains the recorded answers', () => {
  const recorded = 'Of 40 users whose 1,234 calls were recorded,';
  expect(sentenceFor(violatedRun)).toMatch(
    `2 are charged more than once. ${recorded} 12 got answers that no order explains.`,
  );
  expect(sentenceFor(heldRun)).toMatch(`for every user. ${recorded} every one got answers that some order explains.`);
  expect(sentenceFor({ ...heldRun, history: noHistory })).toMatch(/for every user\.$/);
  const unrecorded = { ...heldRun, history: { ...noHistory, whyNone: 'not asked for' } };
  expect(sentenceFor(unrecorded)).toMatch(/for every user\. No history was recorded: not asked for\.$/);
});
