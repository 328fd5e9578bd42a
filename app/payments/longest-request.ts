import { longestCallFactor, maxTries } from './processor.ts';

/** The limits of a request's waits, in milliseconds. */
export interface RequestBounds {
  readonly lockWaitMs: number;
  /** Average duration of a call to the processor. */
  readonly gatewayMs: number;
  readonly mysqlTimeoutMs: number;
  readonly redisTimeoutMs: number;
  /** True if the processor may lose answers. */
  readonly losesAnswers: boolean;
  /** True if requests may set the processor's delay. */
  readonly lab: boolean;
}

/**
 * Statements in a pass: two for the fencing token, the read, the charge, the write, its commit, and the refund; with an
 * idempotency key, three that find what was done, and one each that claims the key, renews the claim and ends the pass.
 */
const statements = 13;
/** Calls in a pass: the charge or a refund, the refund that takes it back, and that of the pass before. */
const processorCalls = 3;
/** Acquire and release, of this pass and of the one before. */
const lockCalls = 4;
/** Upper limit of `X-Gateway-Ms`: nginx waits 35 s for an answer. */
export const longestChosenMs = 30_000;

/**
 * Upper bound, in milliseconds, of the time that a pay or cancel can be in progress without leaving a trace in the ledger
 * or on the flag: the wait for the lock over all passes, then one pass that uses up every time limit. Getting a connection
 * may take as long as its statement. A cancel of many charges can take longer, but leaves a refund at each step.
 *
 * Does not hold for a frozen process, which can be in progress for any time, nor for a request that the step control holds:
 * the reconcile job skips the users of those.
 */
export function longestRequestMs(bounds: RequestBounds): number {
  const { lockWaitMs, gatewayMs, mysqlTimeoutMs, redisTimeoutMs, losesAnswers, lab } = bounds;
  const tries = losesAnswers ? maxTries : 1;
  const processorCallMs = tries * Math.max(longestCallFactor * gatewayMs, lab ? longestChosenMs : 0);
  const serversMs = statements * 2 * mysqlTimeoutMs + lockCalls * redisTimeoutMs;
  return lockWaitMs + serversMs + processorCalls * processorCallMs;
}
