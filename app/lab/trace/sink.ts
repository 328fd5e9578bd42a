import { setImmediate as nextTick } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { withTimeout } from '../../with-timeout.ts';
import type { RecordedEvent } from './recorder.ts';

/** The stream that every instance writes and any instance reads. */
export const traceKey = 'lab:trace';
/** How many events the stream keeps, give or take: Redis trims whole blocks of them. */
export const keptEvents = 10_000;

/** Where an instance's events go, and who is told how many were lost on the way. */
export interface TraceSink {
  /** Never waits and never fails: a Redis that is slow or away costs events, not payments. */
  push(event: RecordedEvent): void;
  /** Resolves when all that was pushed by now has been sent or given up. */
  flushed(): Promise<void>;
}

/** What may wait here while Redis is slow. Beyond that, the newest are lost. */
const mostWaiting = 5000;
/** How many events go in one message. */
const batchSize = 200;

/**
 * Sends events in the order in which they were pushed: those of one turn of the event loop together, right after it, and
 * the next ones when Redis has answered. None is sent twice.
 *
 * @param timeoutMs how long Redis may take to answer. What it was asked may still happen.
 * @param onLost told how many events were given up, once one gets through again.
 */
export function createTraceSink(redis: Redis, timeoutMs: number, onLost: (count: number) => void): TraceSink {
  const waiting: RecordedEvent[] = [];
  let sending: Promise<void> | undefined;
  let lost = 0;

  async function send(batch: readonly RecordedEvent[]): Promise<void> {
    const pipeline = redis.pipeline();
    for (const event of batch) {
      pipeline.xadd(traceKey, 'MAXLEN', '~', keptEvents, '*', 'trace', event.trace, 'event', JSON.stringify(event));
    }
    const failed = await withTimeout(pipeline.exec(), timeoutMs, 'Redis').then(
      (results) => (results ?? []).filter(([error]) => error).length,
      () => batch.length,
    );
    lost += failed;
    if (lost === 0 || failed === batch.length) return;
    onLost(lost);
    lost = 0;
  }

  async function sendAll(): Promise<void> {
    await nextTick(); // for what the same turn of the loop has to add, and to be out of the request's way
    while (waiting.length > 0) await send(waiting.splice(0, batchSize));
    sending = undefined;
  }

  return {
    push(event) {
      if (waiting.length < mostWaiting) waiting.push(event);
      else lost += 1;
      sending ??= sendAll();
    },
    flushed: async () => sending,
  };
}
