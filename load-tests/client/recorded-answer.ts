import { answersTo } from '../../app/payments/outcome.ts';
import { userSchema } from '../../app/payments/users.ts';
import type { Operation } from '../verify/operation.ts';
import { nameOfAnswer } from './tally.ts';

export interface Received {
  readonly status: number;
  readonly body: string;
}

/** What the history records of a call: its answer, `unknown`, or nothing if it was `refused`, because it had no effect. */
export type RecordedAnswer = Operation['answer'] | 'refused';

const flagSchema = userSchema.pick({ paid: true });
const carriedOut: ReadonlySet<string> = new Set(Object.values(answersTo).flat());

/**
 * Classifies a response for a history. `refused` means certainly without effect; every other error is `unknown`.
 *
 * @throws when a successful response is not a valid answer to the call.
 */
export function recordedAnswer(call: Operation['call'], { status, body }: Received): RecordedAnswer {
  if (status >= 300) return isRefusal(status, nameOfAnswer(body)) ? 'refused' : 'unknown';
  if (call === 'read') return flagSchema.parse(JSON.parse(body)).paid ? 'paid' : 'free';
  const answer = answersTo[call].find((known) => known === nameOfAnswer(body));
  if (!answer) throw new Error(`a ${call} was answered ${status}: ${body.slice(0, 500)}`);
  return answer;
}

/** @returns whether flag and ledger may disagree until they are reconciled, after a call whose outcome is unknown. */
export function mayBeHalfDone(problem: string | undefined): boolean {
  return problem !== 'stale-write';
}

/** Calls of one user that may have begun and not finished. */
export interface HalfDone {
  readonly pays: number;
  readonly cancels: number;
}

export const noneHalfDone: HalfDone = { pays: 0, cancels: 0 };

/** @returns the calls of one user, with one more. */
export function oneMore({ pays, cancels }: HalfDone = noneHalfDone, call: 'pay' | 'cancel'): HalfDone {
  return call === 'pay' ? { pays: pays + 1, cancels } : { pays, cancels: cancels + 1 };
}

/** True for the answers of a pay or cancel that was carried out, including one that had nothing to do. */
export function isCarriedOut(answer: string): boolean {
  return carriedOut.has(answer);
}

function isRefusal(status: number, problem: string | undefined): boolean {
  if (status === 409) return problem === 'lock-busy' || problem === 'lease-lost'; // after `stale-write`, paid and cancelled perhaps
  if (status === 503) return problem === 'unavailable'; // `unfinished` had begun
  return status < 500;
}
