import type { TraceEvent } from '../../../lab/trace-event.ts';
import { type CallAnswer, isStaleWrite } from './run.ts';

/** What a load has come to so far. */
export interface Tally {
  readonly sent: number;
  /** By what they said: `paid`, `lock-busy`, … and `unreachable`. */
  readonly answers: Readonly<Record<string, number>>;
  readonly staleWrites: number;
  readonly events: number;
}

export const nothingYet: Tally = { sent: 0, answers: {}, staleWrites: 0, events: 0 };

export function countSent(tally: Tally): Tally {
  return { ...tally, sent: tally.sent + 1 };
}

export function countAnswer(tally: Tally, answer: CallAnswer): Tally {
  const said =
    answer.outcome === 'answered' ? answer.status : answer.outcome === 'problem' ? answer.problem : answer.outcome;
  return { ...tally, answers: { ...tally.answers, [said]: (tally.answers[said] ?? 0) + 1 } };
}

export function countEvent(tally: Tally, event: TraceEvent): Tally {
  return {
    ...tally,
    events: tally.events + 1,
    staleWrites: tally.staleWrites + (isStaleWrite(event) ? 1 : 0),
  };
}
