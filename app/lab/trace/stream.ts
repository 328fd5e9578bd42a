import { once } from 'node:events';
import type { Response } from 'express';
import type { TraceListener } from './feed.ts';

export interface TraceStreamOptions {
  readonly listener: TraceListener;
  /** Only the events of this trace; without it, of all. */
  readonly trace: string | undefined;
  /** Ends the stream. */
  readonly signal: AbortSignal;
  readonly timing: StreamTiming;
}

/** In milliseconds. */
export interface StreamTiming {
  /** Shorter than any proxy waits, so that a stream on which nothing comes is not taken for a dead one. */
  readonly heartbeatMs: number;
  /** How long a listener may leave unread what it was sent before it is given up. It may come back and read on. */
  readonly unreadMs: number;
}

export const streamTiming: StreamTiming = { heartbeatMs: 10_000, unreadMs: 15_000 };

/** How soon a browser comes back when the stream has ended; else it would take some seconds. */
const comeBackMs = 500;

/**
 * Writes the trace as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the signal
 * aborts or the listener is given up. Its place is sent with each heartbeat as well, so that one who hears of no event for
 * long, as they are all of other traces, can still read on from there.
 */
export async function streamTrace(res: Response, options: TraceStreamOptions): Promise<void> {
  const { listener, trace, signal, timing } = options;
  res.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no', // nginx hands on each event as it comes
  });
  const place = () => (listener.position === undefined ? '' : `id: ${listener.position}\n`);
  res.write(`retry: ${comeBackMs}\n${place()}\n`);
  const heartbeat = setInterval(() => {
    if (!res.writableNeedDrain) res.write(`: still here\n${place()}\n`);
  }, timing.heartbeatMs);
  try {
    while (!signal.aborted) {
      const news = await listener.next(signal);
      if (!news) break;
      if (news.what === 'redis') res.write(message('trouble', { redis: news.state }));
      else {
        const wanted = trace === undefined ? news.entries : news.entries.filter((entry) => entry.trace === trace);
        const gap = news.lost ? message('gap', { lost: true }) : '';
        const steps = wanted.map(({ id, json }) => `id: ${id}\nevent: step\ndata: ${json}\n\n`).join('');
        if (gap || steps) res.write(gap + steps);
      }
      if (res.writableNeedDrain) {
        const givenUp = AbortSignal.timeout(timing.unreadMs);
        await once(res, 'drain', { signal: AbortSignal.any([signal, givenUp]) });
      }
    }
  } catch {
    res.destroy(); // it does not read, or has gone
  } finally {
    clearInterval(heartbeat);
  }
}

function message(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
