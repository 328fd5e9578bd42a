/** What a user's flag says. */
export type FlagValue = 'free' | 'paid';

/**
 * One call of one user, as its client saw it. `unknown`: the client cannot tell whether it was carried out (a timeout, a
 * reset, a 5xx other than a refusal, `stale-write`, `unfinished`). A call that was refused, and so did nothing, is left
 * out; so is a read without an answer.
 */
export type Operation = CallTimes &
  (
    | { readonly call: 'pay'; readonly answer: 'paid' | 'already_paid' | 'unknown' }
    | { readonly call: 'cancel'; readonly answer: 'cancelled' | 'nothing_to_cancel' | 'unknown' }
    | { readonly call: 'read'; readonly answer: FlagValue }
  );

/** A call with its answer as it was: a `status`, what a read found, or the last part of a problem's `type`. */
export interface ToldCall extends CallTimes {
  readonly call: Operation['call'];
  readonly answer: string;
}

interface CallTimes {
  /** When the client sent it: milliseconds of one monotonic clock, the same for all of a user's clients. */
  readonly invokedAtMs: number;
  /** When its answer was there. Of an unknown outcome, when the client gave up: that bounds nothing. */
  readonly returnedAtMs: number;
  /** Its `X-Request-Id`, by which the log and the books have it. */
  readonly requestId?: string;
}

/** What an operation means for the flag: `flips` changes it from the other value to this one, `observes` finds it. */
export interface Effect {
  readonly does: 'flips' | 'observes';
  readonly value: FlagValue;
}

const flipsTo = { free: { does: 'flips', value: 'free' }, paid: { does: 'flips', value: 'paid' } } as const;
const observes = { free: { does: 'observes', value: 'free' }, paid: { does: 'observes', value: 'paid' } } as const;

// Of an unknown outcome only the flip counts: had it happened without one, it might as well not have happened.
const effects: Readonly<Record<Operation['call'], Readonly<Record<string, Effect>>>> = {
  pay: { paid: flipsTo.paid, already_paid: observes.paid, unknown: flipsTo.paid },
  cancel: { cancelled: flipsTo.free, nothing_to_cancel: observes.free, unknown: flipsTo.free },
  read: { paid: observes.paid, free: observes.free },
};

/** Of these, it is sure that nothing was done. */
const refusals = new Set(['lock-busy', 'unavailable']);

/** @returns what a history has of a call; undefined for one that was refused. What is no answer to it leaves it open. */
export function operationOf(told: ToldCall): Operation | undefined {
  if (refusals.has(told.answer)) return undefined;
  const known = Object.hasOwn(effects[told.call], told.answer);
  return { ...told, answer: known ? told.answer : 'unknown' } as Operation;
}

/** @throws RangeError when no such call has such an answer. */
export function effectOf({ call, answer }: Pick<Operation, 'call' | 'answer'>): Effect {
  const effect = effects[call][answer];
  if (!effect) throw new RangeError(`a ${call} is never answered ${answer}`);
  return effect;
}
