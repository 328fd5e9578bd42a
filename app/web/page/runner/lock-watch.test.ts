import { expect, test } from 'vitest';
import { startFakeLab } from './fixtures/fake-lab.ts';
import { createLockWatch } from './lock-watch.ts';

const lockOf = (userId: number) => ({
  key: `PAYMENT_${userId}_4900`,
  on: 'redis',
  holder: 'h',
  ttlMs: 900,
  waiting: 1,
});

test('asks for the locks of the users shown and of those that it follows, at most 100', async () => {
  const lab = startFakeLab();
  const watch = createLockWatch(() => Array.from({ length: 120 }, (_, index) => index + 1));
  watch.watch([500]);
  await watch.look();
  const ids = lab.asked[0]?.split('=')[1]?.split(',') ?? [];
  expect([ids.length, ids[0], ids[1]]).toEqual([100, '500', '1']);
});

test('asks nothing where there are no users', async () => {
  const lab = startFakeLab();
  const watch = createLockWatch(() => []);
  await watch.look();
  expect([lab.asked, watch.locks.value]).toEqual([[], undefined]);
});

test('follows users until a check after their run finds no locks', async () => {
  const lab = startFakeLab();
  const watch = createLockWatch(() => []);
  await watch.follow();
  expect(lab.asked).toHaveLength(0);
  const end = watch.watch([7]);
  await watch.follow();
  expect(watch.locks.value).toEqual({ outcome: 'seen', held: [], unreachable: [] });
  lab.locks.held = [lockOf(7)];
  end();
  await watch.follow();
  expect(watch.locks.value).toMatchObject({ held: [lockOf(7)] });
  lab.locks.held = [lockOf(8)];
  lab.locks.unreachable = ['redlock-1'];
  await watch.follow(); // whether it is gone there is not known
  lab.locks.unreachable = [];
  await watch.follow();
  expect(lab.asked).toHaveLength(4);
  await watch.follow();
  expect(lab.asked).toHaveLength(4);
});

test('keeps following users who were not done yet when it asked', async () => {
  const lab = startFakeLab();
  const watch = createLockWatch(() => []);
  const end = watch.watch([7]);
  const looking = watch.follow();
  end();
  await looking;
  await watch.follow();
  await watch.follow();
  expect(lab.asked).toHaveLength(2);
});

test('distinguishes no answer from no locks, and discards stale checks', async () => {
  const lab = startFakeLab();
  const watch = createLockWatch(() => [1]);
  lab.answer(/locks/, undefined);
  await watch.look();
  expect(watch.locks.value).toEqual({ outcome: 'unanswered' });
  watch.forget();
  expect(watch.locks.value).toBeUndefined();
});
