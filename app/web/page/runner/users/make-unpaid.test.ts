import { expect, test } from 'vitest';
import type { User } from '../../../../payments/users.ts';
import { problem, startFakeLab, untilDone } from '../fixtures/fake-lab.ts';
import { makeUnpaid } from './make-unpaid.ts';

test('leaves an unpaid user alone', async () => {
  const lab = startFakeLab();
  const [user] = lab.users as [User];
  expect(await makeUnpaid(user)).toEqual(user);
  expect(lab.asked).toEqual([]);
});

test.for([
  ['has paid', { paid: true, balance: 4900 }],
  ['has access and paid nothing', { paid: true, balance: 0 }],
  ['is charged without access', { paid: false, balance: 4900 }],
] as const)('cancels what a user has who %s, under a guard', async ([, had]) => {
  const lab = startFakeLab();
  const [user] = lab.users as [User];
  Object.assign(user, had);
  expect(await untilDone(makeUnpaid({ ...user }))).toEqual({ ...user, paid: false, balance: 0, version: 1 });
  expect(lab.asked).toEqual(['POST /users/1/cancel', 'GET /users/1']);
  expect(lab.sent[0]?.headers.get('X-Lock-Mode')).toBe('version');
  expect(lab.sent[0]?.headers.get('X-Gateway-Ms')).toBe('0');
});

test('gives up after three tries, and says what was found then', async () => {
  const lab = startFakeLab();
  lab.answer(/cancel/, () => problem(503, 'unavailable'));
  const [user] = lab.users as [User];
  const had = { ...user, paid: true, balance: 4900 };
  Object.assign(user, { ...had, version: 7 });
  expect(await untilDone(makeUnpaid(had))).toEqual({ ...had, version: 7 });
  expect(lab.asked.filter((one) => one.includes('cancel'))).toHaveLength(3);
});
