import { once } from 'node:events';
import type { Response } from 'express';
import type { TraceListener } from './feed.ts';

export interface TraceStreamOptions {
  readonly listener: TraceListener;
  /** Only the events of this trace. Default: all. */
  readonly trace: string | undefined;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  readonly timing: StreamTiming;
}

/** In milliseconds. */
export interface StreamTiming {
  /** Shorter than any proxy's timeout, so that an idle stream is not taken for a dead one. */
  readonly heartbeatMs: number;
  /** How long a listener may leave data unread before it is disconnected. It may reconnect and continue. */
  readonly unreadMs: number;
}

export const streamTiming: StreamTiming = { heartbeatMs: 10_000, unreadMs: 15_000 };

/** Reconnection time for browsers, in milliseconds; their default is some seconds. */
const reconnectMs = 500;

/**
 * Writes the trace as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the signal
 * aborts or the listener is disconnected. Heartbeats carry the position too, so that a listener whose trace is idle can
 * continue from there.
 */
export async function streamTrace(res: Response, options: TraceStreamOptions): Promise<void> {
  const { listener, trace, signal, timing } = options;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no', // nginx must not buffer events
  });
  const position = () => (listener.position === undefined ? '' : `id: ${listener.position}\n`);
  res.write(`retry: ${reconnectMs}\n${position()}\n`);
  const heartbeat = setInterval(() => {
    if (!res.writableNeedDrain) res.write(`: still here\n${position()}\n`);
  }, timing.heartbeatMs);
  /** Waits until the listener has read what it was sent. @throws if it does not in time, or the stream is to end. */
  async function drained(): Promise<void> {
    if (!res.writableNeedDrain) return;
    const givenUp = AbortSignal.timeout(timing.unreadMs);
    await once(res, 'drain', { signal: AbortSignal.any([signal, givenUp]) });
  }

  try {
    while (!signal.aborted) {
      const news = await listener.next(signal);
      if (!news) break;
      if (news.what === 'redis') res.write(message('trouble', { redis: news.state }));
      else {
        const wanted = trace === undefined ? news.entries : news.entries.filter((entry) => entry.trace === trace);
        const gap = news.lost ? message('gap', { lost: true }) : '';
        const steps = wanted.map(({ id, json }) => `id: ${id}\nevent: step\ndata: ${json}\n\n`);
        // One that reconnects continues after the gap.
        for (const part of inParts([gap, ...steps, gap && `${position()}\n`])) {
          res.write(part);
          await drained();
        }
      }
      await drained();
    }
  } catch {
    res.destroy(); // it does not read, or has disconnected
  } finally {
    clearInterval(heartbeat);
  }
}

/** Length of what is sent at once, in characters: so much of each listener that does not read stays in memory. */
const partLength = 65_536;

/** @returns the texts, joined to parts of about that length. */
function* inParts(texts: readonly string[]): Generator<string> {
  let part = '';
  for (const text of texts) {
    part += text;
    if (part.length < partLength) continue;
    yield part;
    part = '';
  }
  if (part) yield part;
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
