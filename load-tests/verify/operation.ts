/** The user's flag; `free` means unpaid. */
export type FlagValue = 'free' | 'paid';

/**
 * One call for one user, as its client saw it. `unknown`: it may have had an effect (a timeout, a reset, a 5xx other than
 * a refusal, `stale-write`, `unfinished`). Refused calls and reads without an answer had none, and are left out.
 */
export type Operation = CallTimes &
  (
    | { readonly call: 'pay'; readonly answer: 'paid' | 'already_paid' | 'unknown' }
    | { readonly call: 'cancel'; readonly answer: 'cancelled' | 'nothing_to_cancel' | 'unknown' }
    | { readonly call: 'read'; readonly answer: FlagValue }
  );

/** A call with its original answer: a `status`, the flag that a read found, or the last part of a problem's `type`. */
export interface AnsweredCall extends CallTimes {
  readonly call: Operation['call'];
  readonly answer: string;
}

interface CallTimes {
  /** When the client sent it, by one monotonic clock for all clients of the user. */
  readonly invokedAtMs: number;
  /** When the answer arrived. For an unknown outcome, when the client gave up: the effect may be later. */
  readonly returnedAtMs: number;
  /** Its `X-Request-Id`, as in the log and the ledger. */
  readonly requestId?: string;
}

/** What an operation does to the flag: `flips` changes it from the other value to this one, `observes` finds this one. */
export interface Effect {
  readonly does: 'flips' | 'observes';
  readonly value: FlagValue;
}

const flipsTo = { free: { does: 'flips', value: 'free' }, paid: { does: 'flips', value: 'paid' } } as const;
const observes = { free: { does: 'observes', value: 'free' }, paid: { does: 'observes', value: 'paid' } } as const;

// An unknown operation counts as a flip: without one, it might as well never have happened.
const effects: Readonly<Record<Operation['call'], Readonly<Record<string, Effect>>>> = {
  pay: { paid: flipsTo.paid, already_paid: observes.paid, unknown: flipsTo.paid },
  cancel: { cancelled: flipsTo.free, nothing_to_cancel: observes.free, unknown: flipsTo.free },
  read: { paid: observes.paid, free: observes.free },
};

/** Answers that guarantee no effect. `idempotency-key-in-use` does not: the execution may have been overtaken after its write. */
const refusals = new Set(['lock-busy', 'lease-lost', 'unavailable']);

/** @returns the call as an operation; undefined if it was refused. An answer not of this call makes it `unknown`. */
export function operationOf(answered: AnsweredCall): Operation | undefined {
  if (refusals.has(answered.answer)) return undefined;
  const known = Object.hasOwn(effects[answered.call], answered.answer);
  return { ...answered, answer: known ? answered.answer : 'unknown' } as Operation;
}

/** @throws RangeError when the call never has this answer. */
export function effectOf({ call, answer }: Pick<Operation, 'call' | 'answer'>): Effect {
  const effect = effects[call][answer];
  if (!effect) throw new RangeError(`a ${call} is never answered ${answer}`);
  return effect;
}
