import type { TraceEvent, TraceStep } from './event.ts';

/** An event as the instance makes it: its id is Redis's. */
export type RecordedEvent = Omit<TraceEvent, 'id'>;

/** Who makes the events: the same in all of a request's. */
export type TracedRequest = Pick<
  RecordedEvent,
  'trace' | 'requestId' | 'kind' | 'userId' | 'amount' | 'instance' | 'mode'
>;

/** What there is to say of one step. */
type StepDetails = Partial<Omit<RecordedEvent, keyof TracedRequest | keyof Moment>>;
type Moment = Pick<RecordedEvent, 'pass' | 'step' | 'wallMs' | 'monoMs' | 'tookMs'>;

/** Writes one request's steps down. */
export interface Recorder {
  /** What is recorded from now on belongs to the next pass. */
  nextPass(): void;
  /**
   * @param since when the step began, by `performance.now()`; without it, it is a moment.
   * @param more what is not known yet: the event waits for it, and those after it for the event, but nobody here does.
   */
  record(step: TraceStep, details?: StepDetails, since?: number, more?: Promise<StepDetails | false>): void;
}

/** @param push takes each event, in order, and must not throw. */
export function createRecorder(request: TracedRequest, push: (event: RecordedEvent) => void): Recorder {
  let passes = 0;
  let waiting: Promise<void> | undefined;

  function pushInTurn(event: RecordedEvent, more: Promise<StepDetails | false> | undefined): void {
    if (!waiting && !more) {
      push(event);
      return;
    }
    const turn = Promise.all([more, waiting]).then(
      ([known]) => push({ ...event, ...known }),
      () => push(event),
    );
    waiting = turn;
    turn.finally(() => {
      if (waiting === turn) waiting = undefined;
    });
  }

  return {
    nextPass() {
      passes += 1;
    },
    record(step, details = {}, since, more) {
      const monoMs = performance.now();
      const tookMs = since === undefined ? 0 : monoMs - since;
      const pass = Math.max(1, passes); // it has arrived before the first, which it is about to make
      const moment = { pass, step, wallMs: performance.timeOrigin + monoMs, monoMs, tookMs };
      pushInTurn({ ...request, ...moment, ...details }, more);
    },
  };
}
