import { expect, test } from 'vitest';
import { createServerClock, synchronize } from './server-clock.ts';

test('converts a server’s time by the fastest answer', () => {
  const clock = createServerClock();
  clock.observe(1_000_000, 0, 100); // ahead by 999,900 to 1,000,000
  expect(clock.errorMs).toBe(50);
  clock.observe(1_000_110, 130, 132); // by 999,978 to 999,980
  expect(clock.errorMs).toBe(1);
  expect(clock.toLocalMs(1_000_000)).toBe(21);
});

test('intersects the bounds of several answers', () => {
  const clock = createServerClock();
  clock.observe(1000, 0, 10); // ahead by 990 to 1000
  clock.observe(1018, 20, 30); // by 988 to 998
  expect(clock.errorMs).toBe(4);
  expect(clock.toLocalMs(1000)).toBe(6);
});

test('starts anew when the server’s clock has jumped', () => {
  const clock = createServerClock();
  clock.observe(1000, 0, 2);
  clock.observe(6000, 10, 12);
  expect(clock.errorMs).toBe(1);
  expect(clock.toLocalMs(6000)).toBe(11);
});

test('asks at most 20 times', async () => {
  const clock = createServerClock();
  let asked = 0;
  await synchronize(clock, async () => {
    asked += 1;
    await new Promise((resolve) => setTimeout(resolve, 2));
    return asked * 60_000; // jumps each time, so that no answer makes it more precise
  });
  expect(asked).toBe(20);
});
