import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { openRedis } from '../../redis/connection.ts';
import { sharedRedis } from '../../testing/shared.ts';
import { testStack } from '../../testing/stack.ts';
import type { RecordedEvent } from './recorder.ts';
import { createTraceSink, keptEvents, traceKey } from './sink.ts';

/** Reached only if something hangs. */
const timeoutMs = 30_000;
const redis = sharedRedis();

const eventOf = (trace: string, pass: number): RecordedEvent => ({
  trace,
  requestId: 'r',
  kind: 'pay',
  userId: 7,
  amount: 4900,
  instance: 'test',
  mode: 'none',
  pass,
  step: 'read',
  wallMs: 0,
  monoMs: 0,
  tookMs: 0,
});
/** The id of the newest entry. */
async function newest(): Promise<string> {
  const [entry] = await redis.xrevrange(traceKey, '+', '-', 'COUNT', 1);
  return entry?.[0] ?? '0-0';
}
/** @returns the passes of a trace's events after that entry. */
async function passesOf(trace: string, after: string): Promise<number[]> {
  const entries = await redis.xrange(traceKey, `(${after}`, '+');
  const events = entries.map(([, fields]) => JSON.parse(fields[3] ?? '')).filter((event) => event.trace === trace);
  return events.map(({ pass }) => pass);
}

test('keeps the order of events pushed in many turns and batches', async () => {
  const trace = randomUUID();
  const before = await newest();
  const sink = createTraceSink(redis, timeoutMs, () => {});
  for (let pass = 1; pass <= 900; pass++) {
    sink.push(eventOf(trace, pass));
    if (pass % 70 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await sink.flushed();
  expect(await passesOf(trace, before)).toEqual(Array.from({ length: 900 }, (_, index) => index + 1));
});

test('limits the stream to about its maximum length', async () => {
  const fill = "for number = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'trace', 'fill', 'event', '{}') end";
  await redis.eval(fill, 1, traceKey, keptEvents + 2000);
  const sink = createTraceSink(redis, timeoutMs, () => {});
  for (let pass = 0; pass < 1000; pass++) sink.push(eventOf('length', pass));
  await sink.flushed();
  expect(await redis.xlen(traceKey)).toBeGreaterThanOrEqual(keptEvents);
  expect(await redis.xlen(traceKey)).toBeLessThan(keptEvents + 200);
});

test('loses events while Redis is down, without waiting, and recovers', async () => {
  const lost: number[] = [];
  const away = openRedis({ url: testStack().redisUrl, timeoutMs, warn: () => {} });
  await once(away, 'ready');
  try {
    const trace = randomUUID();
    const before = await newest();
    const sink = createTraceSink(away, timeoutMs, (count) => lost.push(count));
    const gone = once(away, 'end');
    away.disconnect();
    await gone;
    for (let pass = 1; pass <= 6000; pass++) sink.push(eventOf(trace, pass)); // more than may wait
    await sink.flushed();
    expect(lost).toEqual([]);
    await away.connect();
    sink.push(eventOf(trace, 6001));
    await sink.flushed();
    expect(await passesOf(trace, before)).toEqual([6001]);
    expect(lost).toEqual([6000]);
  } finally {
    away.disconnect();
  }
});
