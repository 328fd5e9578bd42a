import type { TraceEvent } from '../../../lab/trace/event.ts';
import type { CallAnswer } from './run.ts';
import { isStaleWrite } from './stale-write.ts';
import { mayHaveWritten } from './traced.ts';

/** What a load has come to so far. */
export interface Tally {
  readonly sent: number;
  /** By what they said: `paid`, `lock-busy`, … and `unreachable`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly staleWrites: number;
  readonly traced: Traced;
}

/** How much of it the trace has shown. */
interface Traced {
  /** Requests of which it has told the answer. */
  readonly ended: number;
  /** Those of them that may have written. */
  readonly writers: number;
  /** Writes of which it has told what they overwrote. */
  readonly writes: number;
}

export const nothingYet: Tally = {
  sent: 0,
  answers: {},
  staleWrites: 0,
  traced: { ended: 0, writers: 0, writes: 0 },
};

/** Whether the trace has shown all that was written, and over what: only then is it known that no update was lost. */
export function isWhole({ sent, traced: { ended, writers, writes } }: Tally): boolean {
  return ended === sent && writes === writers;
}

export function countSent(tally: Tally): Tally {
  return { ...tally, sent: tally.sent + 1 };
}

export function countAnswer(tally: Tally, answer: CallAnswer): Tally {
  const said =
    answer.outcome === 'answered' ? answer.status : answer.outcome === 'problem' ? answer.problem : answer.outcome;
  return { ...tally, answers: { ...tally.answers, [said]: (tally.answers[said] ?? 0) + 1 } };
}

export function countEvent(tally: Tally, event: TraceEvent): Tally {
  const { step, outcome, overwrote } = event;
  const { ended, writers, writes } = tally.traced;
  const hasEnded = step === 'answered';
  return {
    ...tally,
    staleWrites: tally.staleWrites + (isStaleWrite(event) ? 1 : 0),
    traced: {
      ended: ended + (hasEnded ? 1 : 0),
      writers: writers + (hasEnded && mayHaveWritten(outcome) ? 1 : 0),
      writes: writes + (step === 'written' && overwrote !== undefined ? 1 : 0),
    },
  };
}
