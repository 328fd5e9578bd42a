import { setImmediate as nextTick } from 'node:timers/promises';
import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';
import type { RecordedEvent } from './recorder.ts';

/** The Redis stream of the trace, shared by all instances. */
export const traceKey = 'lab:trace';
/** Approximate length of the stream: Redis trims whole nodes. */
export const keptEvents = 10_000;

/** Sends an instance's events to the stream. */
export interface TraceSink {
  /** Never waits and never fails: a slow or unreachable Redis costs events, not payments. */
  push(event: RecordedEvent): void;
  /** Resolves when everything pushed so far is sent or lost. */
  flushed(): Promise<void>;
}

/** Limit of the queue while Redis is slow. Beyond it, the newest events are lost. */
const mostWaiting = 5000;
/** Events per message. */
const batchSize = 200;

/**
 * Sends events in the order in which they were pushed: those of one turn of the event loop together, and the next ones once
 * Redis has answered. No event is sent twice.
 *
 * @param timeoutMs time limit of each answer from Redis. A command that timed out may still take effect.
 * @param onLost called with the number of lost events once sending succeeds again.
 */
export function createTraceSink(redis: RedisConnection, timeoutMs: number, onLost: (count: number) => void): TraceSink {
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
    await nextTick(); // collects the events of this turn, and does not delay the request
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
