import { expect, test } from 'vitest';
import { describeNotes } from './notes.ts';

test('describes measurements', () => {
  expect(
    describeNotes({
      rivalGotIn: true,
      thirdGotIn: false,
      unavailableMs: 1234,
      share: 0.183,
      cancelled: 'cancelled',
      answers: { A: 'paid', B: 'already_paid' },
      unfinishedCharge: { userId: 7, balance: 4900 },
      pauses: [1, 2],
      none: null,
    }),
  ).toEqual({
    'rival got in': 'yes',
    'third got in': 'no',
    'unavailable (ms)': '1,234',
    share: '0.183',
    cancelled: 'cancelled',
    answers: 'A paid, B already_paid',
    'unfinished charge': 'user id 7, balance 4,900',
    pauses: '1, 2',
    none: 'nothing',
  });
});
