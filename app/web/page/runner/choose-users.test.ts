import { expect, test } from 'vitest';
import { chooseUsers } from './choose-users.ts';
import { startFakeLab } from './fixtures/fake-lab.ts';

function idsOf(chosen: Awaited<ReturnType<typeof chooseUsers>>): number[] {
  if (typeof chosen === 'string') throw new Error(chosen);
  return chosen.map(({ id }) => id);
}

test('chooses different users by the seed, unpaid ones first', async () => {
  const { users } = startFakeLab();
  for (const user of users.slice(0, 7)) Object.assign(user, { paid: true, balance: 4900 });
  const chosen = idsOf(await chooseUsers({ count: 3, seed: 1 }));
  expect(new Set(chosen)).toEqual(new Set([8, 9, 10]));
  expect(idsOf(await chooseUsers({ count: 3, seed: 1 }))).toEqual(chosen);
  const others = await Promise.all([2, 3, 4, 5].map(async (seed) => idsOf(await chooseUsers({ count: 3, seed }))));
  expect(others).toContainEqual(expect.not.objectContaining(chosen));
});

test('begins with the user that is asked for, who is chosen once', async () => {
  startFakeLab(4);
  for (let seed = 1; seed <= 20; seed++) {
    const chosen = idsOf(await chooseUsers({ count: 3, seed, userId: 2 }));
    expect([chosen[0], chosen.length, new Set(chosen).size], `seed ${seed}`).toEqual([2, 3, 3]);
  }
});

test('says why there are not so many', async () => {
  const lab = startFakeLab(2);
  expect(await chooseUsers({ count: 3, seed: 1 })).toBe('This needs 3 users; the lab has 2.');
  expect(await chooseUsers({ count: 1, seed: 1, userId: 99 })).toMatch(/^There is no user 99\./);
  lab.users.length = 0;
  expect(await chooseUsers({ count: 1, seed: 1 })).toMatch(/^There are no users yet\./);
  lab.answer(/^\/users/, undefined);
  expect(await chooseUsers({ count: 1, seed: 1 })).toBe('The users could not be read: see above.');
});
