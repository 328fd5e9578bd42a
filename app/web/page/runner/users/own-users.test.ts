import { expect, test } from 'vitest';
import { problem, startFakeLab } from '../fixtures/fake-lab.ts';
import { createOwnUsers, type OwnUsers } from './own-users.ts';

async function choose(own: OwnUsers, count: number, userId?: number): Promise<number[]> {
  const chosen = await own.choose({ count, userId });
  if (typeof chosen === 'string') throw new Error(chosen);
  return chosen.map(({ id }) => id);
}

test('makes users beside those that are there, and uses each once, also after a reload', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  expect([own.ids.value, lab.asked]).toEqual([[], []]);
  expect(await choose(own, 4)).toEqual([11, 12, 13, 14]);
  expect(own.ids.value).toHaveLength(10);
  expect(await choose(createOwnUsers(), 4)).toEqual([15, 16, 17, 18]);
  expect(await choose(createOwnUsers(), 4)).toEqual([19, 20, 21, 22]);
  expect(lab.asked.filter((one) => one === 'POST /lab/users')).toHaveLength(2);
});

test('takes the user that is asked for, and a fresh one beside', async () => {
  startFakeLab();
  const own = createOwnUsers();
  expect(await choose(own, 2, 5)).toEqual([5, 11]);
  expect(await choose(own, 2, 12)).toEqual([12, 13]);
  expect(await choose(own, 1)).toEqual([14]);
});

test('forgets users that a reset has deleted, and makes others', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  await choose(own, 1);
  lab.users.splice(0, lab.users.length - 2); // two of its own are left
  expect(await choose(own, 2)).toEqual([19, 20]);
  expect(own.ids.value).toEqual([19, 20]);
  expect(await choose(own, 1)).toEqual([21]);
});

test('leaves out users that a copy of the tab has used', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  expect(await choose(own, 1)).toEqual([11]);
  for (const [id, change] of [
    [12, { version: 2 }],
    [13, { balance: 4900 }],
  ] as const)
    Object.assign(lab.users[id - 1] ?? {}, change);
  expect(await choose(own, 2)).toEqual([14, 15]);
});

test('reads users with distant ids in requests of their own', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  await own.add(2);
  lab.users.push({ id: 5000, name: 'of another tab', paid: false, version: 0, balance: 0 });
  await own.add(2);
  lab.asked.length = 0;
  const found = await own.read();
  expect(found).toMatchObject({ outcome: 'ok', body: { users: [{ id: 11 }, { id: 12 }, { id: 5001 }, { id: 5002 }] } });
  expect(lab.asked).toEqual(['GET /users?after=10&limit=2', 'GET /users?after=5000&limit=2']);
});

test('says why there are none', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  expect(await own.choose({ count: 1, userId: 99 })).toMatch(/^User 99 could not be read/);
  lab.answer(/^\/lab\/users/, () => problem(503, 'unavailable'));
  expect(await own.choose({ count: 1 })).toBe('No users could be made: as the lab puts it: unavailable');
  lab.answer(/^\/lab\/users/, undefined);
  expect(await own.choose({ count: 1 })).toBe('No users could be made: the lab does not answer.');
});

test('says why they could not be read, in words that stay true', async () => {
  const lab = startFakeLab();
  const own = createOwnUsers();
  await own.add(1);
  lab.answer(/^\/users/, undefined);
  expect(await own.choose({ count: 1 })).toBe('The users could not be read: the lab does not answer.');
});
