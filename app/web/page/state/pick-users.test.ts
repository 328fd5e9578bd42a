import { expect, test } from 'vitest';
import { isUnpaid, pickUsers } from './pick-users.ts';

const user = (id: number, paid = false, balance = 0) => ({ id, name: `User ${id}`, paid, version: 0, balance });
const free = Array.from({ length: 8 }, (_, index) => user(index + 1));
const others = [user(9, true, 4900), user(10, true, 0), user(11, false, 4900)];
const ids = (users: readonly { id: number }[]) => users.map(({ id }) => id);

test('a user without access and open charges is unpaid', () => {
  expect([...free, ...others].filter(isUnpaid)).toEqual(free);
});

test('chooses unpaid users first, each once', () => {
  for (let seed = 0; seed < 50; seed++) {
    const picked = pickUsers([...others, ...free], 10, seed);
    expect(new Set(ids(picked)).size).toBe(10);
    expect(picked.slice(0, 8).every(isUnpaid)).toBe(true);
  }
});

test('the same seed chooses the same users, and another seed others', () => {
  expect(pickUsers(free, 3, 5)).toEqual(pickUsers(free, 3, 5));
  const firsts = new Set(Array.from({ length: 100 }, (_, seed) => pickUsers(free, 1, seed)[0]?.id));
  expect(firsts.size).toBe(8);
});

test('returns fewer users if there are not enough', () => {
  expect(ids(pickUsers([user(3)], 2, 1))).toEqual([3]);
  expect(pickUsers([], 2, 1)).toEqual([]);
});
