import { expect, test } from 'vitest';
import { describeRepair } from './describe-repair.ts';

const ada = { id: 12, name: 'Ada', paid: false, version: 3, balance: 0 };

test.each([
  [{ paid: true, balance: 0 }, 'Ada (12): a cancel removed the access.'],
  [{ paid: false, balance: 4900 }, 'Ada (12): a cancel refunded 49.00.'],
  [{ paid: true, balance: 9800 }, 'Ada (12): a cancel refunded 98.00 and removed the access.'],
  [{}, 'Ada (12): a cancel changed nothing.'],
])('says what the cancel did: %j', (before, said) => {
  expect(describeRepair({ ...ada, ...before }, ada)).toBe(said);
});

test.each([{ paid: true }, { paid: true, balance: 9800 }])('says that a user is still inconsistent: %j', (left) => {
  const wrong = { ...ada, ...left };
  expect(describeRepair(wrong, wrong)).toMatch(/^Ada \(12\) could not be repaired/);
});
