import type { TraceEvent } from '../../../lab/trace/event.ts';
import { isStaleWrite } from '../trace/stale-write.ts';
import type { CallAnswer } from './run.ts';
import { mayHaveWritten } from './traced.ts';

/** The counts of a load so far. */
export interface Tally {
  readonly sent: number;
  /** By result: see {@link resultOf}. */
  readonly answers: Readonly<Record<string, number>>;
  readonly staleWrites: number;
  readonly traced: Traced;
}

/** The part of the load that the trace shows. */
interface Traced {
  /** Requests with an answer in the trace. */
  readonly ended: number;
  /** Those that may have written. */
  readonly writers: number;
  /** Writes with the version that they overwrote. */
  readonly writes: number;
}

export const nothingYet: Tally = { sent: 0, answers: {}, staleWrites: 0, traced: { ended: 0, writers: 0, writes: 0 } };

/** True if the trace shows every write and what it overwrote. Only then can a load without stale writes be judged. */
export function isWhole({ sent, traced: { ended, writers, writes } }: Tally): boolean {
  return ended === sent && writes === writers;
}

export function countSent(tally: Tally): Tally {
  return { ...tally, sent: tally.sent + 1 };
}

/** @returns an answer's result: `paid`, `lock-busy`, … or `unreachable`. */
export function resultOf(answer: CallAnswer): string {
  if (answer.outcome === 'answered') return answer.status;
  return answer.outcome === 'problem' ? answer.problem : answer.outcome;
}

export function countAnswer(tally: Tally, answer: CallAnswer): Tally {
  const said = resultOf(answer);
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
