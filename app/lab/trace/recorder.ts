import type { TraceEvent, TraceStep } from './event.ts';

/** An event before Redis assigns its id. */
export type RecordedEvent = Omit<TraceEvent, 'id'>;

/** The fields shared by all events of a request. */
export type TracedRequest = Pick<
  RecordedEvent,
  'trace' | 'requestId' | 'kind' | 'userId' | 'amount' | 'instance' | 'mode'
>;

/** The fields specific to a step. */
type StepDetails = Partial<Omit<RecordedEvent, keyof TracedRequest | keyof Moment>>;
type Moment = Pick<RecordedEvent, 'pass' | 'step' | 'wallMs' | 'monoMs' | 'tookMs'>;

/** Records the steps of one request. */
export interface Recorder {
  /** Counts what follows to the next pass. */
  nextPass(): void;
  /**
   * @param since start of the step, by `performance.now()`; default: the step takes no time.
   * @param more fields that are not known yet: this event and later ones wait for them, the caller does not.
   */
  record(step: TraceStep, details?: StepDetails, since?: number, more?: Promise<StepDetails | false>): void;
}

/** @param push receives the events in order; must not throw. */
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
      const pass = Math.max(1, passes); // the arrival comes before the first pass
      const moment = { pass, step, wallMs: performance.timeOrigin + monoMs, monoMs, tookMs };
      pushInTurn({ ...request, ...moment, ...details }, more);
    },
  };
}
