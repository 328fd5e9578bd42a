/** Something that is to happen at a moment of virtual time, unless it is cancelled before. */
export interface VirtualEvent {
  /** In milliseconds. */
  readonly at: number;
  /** Orders events of the same moment: first scheduled, first run. */
  readonly order: number;
  /** Whether it settles no promise, so that there is nothing to wait for after it. */
  readonly isSettled: boolean;
  run: (() => void) | undefined;
}

/**
 * Time that passes only from event to event. Between two events every promise that can settle has settled, so a run
 * depends on nothing but its events.
 */
export class VirtualTime {
  /** The present, in milliseconds. */
  now = 0;
  readonly #heap: VirtualEvent[] = [];
  #scheduled = 0;

  /** @param isSettled whether what it runs settles no promise: an event on a server, not in a process. */
  at(moment: number, run: () => void, isSettled = false): VirtualEvent {
    const event = { at: Math.max(moment, this.now), order: this.#scheduled++, isSettled, run };
    push(this.#heap, event);
    return event;
  }

  after(delayMs: number, run: () => void): VirtualEvent {
    return this.at(this.now + delayMs, run);
  }

  cancel(event: VirtualEvent | undefined): void {
    if (event) event.run = undefined;
  }

  /**
   * Lets `durationMs` pass.
   *
   * @param afterEach called after each event, once all promises have settled. When it returns true, time stops there.
   */
  async pass(durationMs: number, afterEach: () => boolean): Promise<void> {
    const until = this.now + durationMs;
    await settled();
    for (let next = this.#heap[0]; next && next.at <= until; next = this.#heap[0]) {
      pop(this.#heap);
      const { run } = next;
      if (!run) continue;
      this.now = next.at;
      next.run = undefined;
      run();
      if (!next.isSettled) await promisesSettled();
      if (afterEach()) return;
    }
    this.now = until;
  }
}

/**
 * Like {@link settled} if called from a promise's reaction, at a quarter of the cost: Node runs the next tick after all
 * reactions (https://nodejs.org/en/learn/asynchronous-work/event-loop-timers-and-nexttick).
 */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Resolves when no promise can make progress: the event loop runs immediates after all of them. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const isBefore = (a: VirtualEvent, b: VirtualEvent): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap (Williams, CACM 7(6), 1964): the earliest event is the first. */
function push(heap: VirtualEvent[], event: VirtualEvent): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as VirtualEvent;
    if (!isBefore(event, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = event;
}

function pop(heap: VirtualEvent[]): void {
  const last = heap.pop();
  if (!last || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as VirtualEvent, heap[child] as VirtualEvent)) child += 1;
    const below = heap[child] as VirtualEvent;
    if (!isBefore(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
