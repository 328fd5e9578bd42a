import { once } from 'node:events';
import { expect } from 'vitest';
import { testStack } from './stack.ts';
import { soon, until } from './until.ts';

/** One server-sent event. */
export interface ServerEvent {
  readonly event: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks
  readonly data: any;
}

/** An open stream of server-sent events. */
export interface EventStream extends AsyncDisposable {
  readonly headers: Headers;
  /** All events received so far. */
  readonly events: readonly ServerEvent[];
  /** Sent as by a browser that reconnects. */
  readonly lastId: string;
  /** `ended`: closed by the server. */
  readonly state: 'open' | 'ended' | 'broken';
  /** Waits until `found` is true of the received events. */
  until(found: (events: readonly ServerEvent[]) => boolean): Promise<void>;
  /** Stops reading until the promise is settled. */
  pauseFor(time: Promise<unknown>): void;
  close(): Promise<void>;
}

/** Listens as a browser does (https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream). */
export async function listen(
  path: string,
  { url = testStack().url, headers = {} }: { url?: string; headers?: Record<string, string> } = {},
): Promise<EventStream> {
  const closing = new AbortController();
  const closed = once(closing.signal, 'abort');
  const response = await fetch(new URL(path, url), { headers, signal: closing.signal });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
  const events: ServerEvent[] = [];
  let lastId = '';
  let state: EventStream['state'] = 'open';
  let paused: Promise<unknown> = Promise.resolve();

  function take(block: string): void {
    const fields = new Map(block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) as [string, string]));
    lastId = fields.get('id') ?? lastId;
    const data = fields.get('data');
    if (data !== undefined)
      events.push({ event: fields.get('event') ?? 'message', id: lastId, data: JSON.parse(data) });
  }

  async function read(): Promise<void> {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      blocks.forEach(take);
      await Promise.race([paused, closed]);
      if (closing.signal.aborted) return; // the rest of an aborted fetch may never end
    }
  }
  const done = read().then(
    () => {
      state = 'ended';
    },
    () => {
      state = 'broken';
    },
  );

  const close = async () => {
    closing.abort();
    await done;
  };
  return {
    headers: response.headers,
    events,
    get lastId() {
      return lastId;
    },
    get state() {
      return state;
    },
    async until(found) {
      const error = (message: string) => new Error(`${message}; ${state}; ${summaryOf(events)}`);
      await until('the events have come', () => found(events), { ...soon, everyMs: 5, error });
    },
    pauseFor(time) {
      paused = time;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function summaryOf(events: readonly ServerEvent[]): string {
  const last = events.slice(-20).map(({ event, data }) => [event, data.requestId, data.step].filter(Boolean).join(' '));
  return `${events.length} have come, at last: ${last.join(', ')}`;
}
