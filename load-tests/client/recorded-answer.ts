import { z } from 'zod';
import type { Operation } from '../verify/operation.ts';
import { nameOfAnswer } from './tally.ts';

/** What came back for a call. */
export interface Received {
  readonly status: number;
  readonly body: string;
}

/** What a history has of a call: its answer, `unknown`, or nothing at all because nothing was done. */
export type RecordedAnswer = Operation['answer'] | 'refused';

const answersTo = {
  pay: ['paid', 'already_paid'],
  cancel: ['cancelled', 'nothing_to_cancel'],
} as const;
const carriedOut: ReadonlySet<string> = new Set(Object.values(answersTo).flat());
const flagSchema = z.object({ paid: z.boolean() });

/**
 * What an answer means for a history. Only what is sure to have done nothing is `refused`; of everything else that is no
 * answer, nobody knows.
 *
 * @throws when a call was carried out and answered with something that is no answer to it.
 */
export function recordedAnswer(call: Operation['call'], { status, body }: Received): RecordedAnswer {
  if (status >= 300) return isRefusal(status, nameOfAnswer(body)) ? 'refused' : 'unknown';
  if (call === 'read') return flagSchema.parse(JSON.parse(body)).paid ? 'paid' : 'free';
  const answer = answersTo[call].find((known) => known === nameOfAnswer(body));
  if (!answer) throw new Error(`a ${call} was answered ${status}: ${body.slice(0, 500)}`);
  return answer;
}

/** @returns whether it is what a pay or a cancel is told that was carried out, also one that found nothing to do. */
export function isCarriedOut(answer: string): boolean {
  return carriedOut.has(answer);
}

function isRefusal(status: number, problem: string | undefined): boolean {
  if (status === 409) return problem === 'lock-busy'; // `stale-write`: paid and cancelled meanwhile, it may be
  if (status === 503) return problem === 'unavailable'; // `unfinished`: begun
  return status < 500;
}
