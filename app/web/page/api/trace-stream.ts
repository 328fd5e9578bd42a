import { type ReadonlySignal, signal } from '@preact/signals';
import type { TraceEvent } from '../../../lab/trace/event.ts';
import { sleep } from '../sleep.ts';
import { compareIds } from '../trace/in-order.ts';

/** `connecting` has never been open; `reconnecting` has, and what happens meanwhile comes later. */
export type StreamState = 'connecting' | 'open' | 'reconnecting';

/** The events of one session, from all instances. */
export interface TraceStream {
  readonly state: ReadonlySignal<StreamState>;
  /** True if events may have been lost while a listener was there: pictures may have gaps. */
  readonly gap: ReadonlySignal<boolean>;
  /** Opens it at another instance: one that is frozen sends nothing, and a browser does not notice. */
  renew(): void;
  /** Each event comes once, in the order of the stream. @returns what ends it. */
  listen(listener: (event: TraceEvent) => void): () => void;
  /** Resolves as soon as the stream is open, or after three seconds. Later events do not depend on those lost before. */
  ready(): Promise<void>;
}

const againAfterMs = 1000;
/** How long a run waits for the stream before it begins without it. */
const openingMs = 3000;
/** An instance that has not opened it by then may be frozen: nginx sends the next one to another. */
const openMs = 2000;
/** How far {@link TraceStream.renew} looks back when no event has come yet. */
const lookBackMs = 60_000;

/**
 * Opens the stream and keeps it open. When its instance goes away, the browser asks for the rest by `Last-Event-ID`; after
 * an answer that is not a stream it gives up (https://html.spec.whatwg.org/multipage/server-sent-events.html#fail-the-connection),
 * and this opens a new one, after the last event received. Without one, events before the reconnect may be lost.
 */
export function openTraceStream(session: string): TraceStream {
  const state = signal<StreamState>('connecting');
  const gap = signal(false);
  const listeners = new Set<(event: TraceEvent) => void>();
  let last: string | undefined;
  let close = () => {};

  function open(after = last): void {
    const query = new URLSearchParams({ trace: session, ...(after !== undefined && { after }) });
    const source = new EventSource(`/lab/trace?${query}`);
    let isFromNowOn = after === undefined;
    let isLate: ReturnType<typeof setTimeout>;
    close = () => {
      clearTimeout(isLate);
      source.close();
    };
    const openWithin = (ms: number) => {
      clearTimeout(isLate);
      isLate = setTimeout(() => {
        close();
        open(last ?? after);
      }, ms);
    };
    openWithin(openMs);
    source.onopen = () => {
      clearTimeout(isLate);
      state.value = 'open';
      if (isFromNowOn) missed();
      isFromNowOn = false; // the browser knows its place, if it has to come back
    };
    source.onerror = () => {
      if (state.value === 'open') state.value = 'reconnecting';
      openWithin(source.readyState === EventSource.CLOSED ? againAfterMs : openMs);
    };
    source.addEventListener('step', ({ data }) => {
      const event = JSON.parse(data) as TraceEvent;
      if (last !== undefined && compareIds(event.id, last) <= 0) return;
      last = event.id;
      for (const listener of listeners) listener(event);
    });
    source.addEventListener('gap', missed);
    source.addEventListener('trouble', missed); // Redis goes away, or is back: nothing was kept meanwhile
  }
  function missed(): void {
    if (listeners.size > 0) gap.value = true;
  }
  open();

  return {
    state,
    gap,
    renew() {
      if (state.value !== 'open') return;
      state.value = 'reconnecting';
      close();
      open(last ?? `${Date.now() - lookBackMs}-0`);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ready() {
      let stop = () => {};
      const isOpen = new Promise<void>((resolve) => {
        stop = state.subscribe((now) => now === 'open' && resolve());
      });
      await Promise.race([isOpen, sleep(openingMs)]);
      stop();
      gap.value = false;
    },
  };
}
