import { expect, test } from 'vitest';
import { createKeyedMutex } from './keyed-mutex.ts';

const never = new AbortController().signal;

test('admits one at a time, first come first served', async () => {
  const mutex = createKeyedMutex();
  const order: number[] = [];
  let inside = 0;
  await Promise.all(
    [0, 1, 2, 3].map(async (caller) => {
      const entry = await mutex.enter('key', 100_000, never);
      if (entry.outcome !== 'entered') throw new Error(entry.outcome);
      expect(++inside).toBe(1);
      order.push(caller);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      entry.leave();
    }),
  );
  expect(order).toEqual([0, 1, 2, 3]);
});

test('skips callers that timed out or aborted', async () => {
  const mutex = createKeyedMutex();
  const first = await mutex.enter('key', 0, never);
  const gone = new AbortController();
  const impatient = mutex.enter('key', 1, never);
  const leaving = mutex.enter('key', 100_000, gone.signal);
  const patient = mutex.enter('key', 100_000, never);
  gone.abort();
  expect(await impatient).toEqual({ outcome: 'busy' });
  expect(await leaving).toEqual({ outcome: 'aborted' });
  expect(await mutex.enter('key', 0, never)).toEqual({ outcome: 'busy' }); // still held: who gave up has not freed it
  if (first.outcome === 'entered') first.leave();
  expect((await patient).outcome).toBe('entered');
});

test('does not block other keys, and tries once without a wait', async () => {
  const mutex = createKeyedMutex();
  await mutex.enter('key', 0, never);
  expect((await mutex.enter('other', 0, never)).outcome).toBe('entered');
  expect((await mutex.enter('key', 0, never)).outcome).toBe('busy');
});

test('throws if left twice', async () => {
  const entry = await createKeyedMutex().enter('key', 0, never);
  if (entry.outcome !== 'entered') throw new Error(entry.outcome);
  entry.leave();
  expect(() => entry.leave()).toThrow('left twice');
});
