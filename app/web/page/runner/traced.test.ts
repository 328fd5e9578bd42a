import { signal } from '@preact/signals';
import { expect, test } from 'vitest';
import type { StreamState, TraceStream } from '../api/trace-stream.ts';
import { advance, startFakeLab, untilDone } from './fixtures/fake-lab.ts';
import { untilTraced } from './traced.ts';

let renewed = 0;
const streamIn = (state: StreamState) =>
  ({ state: signal(state), renew: () => (renewed += 1) }) as unknown as TraceStream;

/** @returns the virtual time that it takes. */
async function timeOf(stream: TraceStream | undefined, isTraced: () => boolean): Promise<number> {
  const beganAt = performance.now();
  await untilDone(untilTraced(stream, isTraced));
  return performance.now() - beganAt;
}

test('waits until the trace has shown it, for two seconds at most, and not at all without a stream', async () => {
  startFakeLab();
  expect(await timeOf(streamIn('open'), () => true)).toBeLessThanOrEqual(10);
  const begunAt = performance.now();
  expect(await timeOf(streamIn('open'), () => performance.now() - begunAt >= 500)).toBe(500);
  expect(renewed).toBe(0);
  expect(await timeOf(streamIn('open'), () => false)).toBe(2000);
  expect(renewed).toBe(1); // its instance may be frozen
  expect(await timeOf(streamIn('reconnecting'), () => false)).toBe(2000);
  expect(await timeOf(streamIn('connecting'), () => false)).toBeLessThanOrEqual(10);
  expect(await timeOf(undefined, () => false)).toBeLessThanOrEqual(10);
  await advance(0);
});
