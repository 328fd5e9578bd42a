import { isDatabaseUnreachable } from '../../database/errors.ts';
import { toError } from '../../thrown.ts';
import { keptAnswer, nothingDone, type Outcome } from '../outcome.ts';
import type { IdempotencyKeys, KeyClaim, KeyedRequest } from './idempotency-keys.ts';

/**
 * Executes a request at most once for its key. A request with the same key gets the first answer; while an execution is in
 * progress, it gets `key-in-use`; once that execution's lease has expired, it takes over and finishes what was begun.
 *
 * @param execution `execute` resolves to `taken-over` if another execution holds the claim now. `takeBackLate` takes back what
 *   an execution that was presumed dead has charged since: after `already_paid`, no charge of the request may stay.
 */
export async function executeOnce(
  keys: IdempotencyKeys,
  request: KeyedRequest,
  execution: {
    execute(claim: KeyClaim): Promise<Outcome | { outcome: 'taken-over' }>;
    takeBackLate(claim: KeyClaim): Promise<void>;
  },
): Promise<Outcome> {
  let claimed: Awaited<ReturnType<IdempotencyKeys['claim']>>;
  try {
    claimed = await keys.claim(request);
  } catch (error) {
    if (isDatabaseUnreachable(error)) return { outcome: 'unavailable', cause: error };
    throw error;
  }
  if (claimed.outcome === 'finished') {
    const replayOf = { requestId: claimed.requestId };
    return claimed.answer === 'stale-write'
      ? { outcome: 'stale-write', replayOf }
      : { outcome: 'answered', answer: claimed.answer, replayOf };
  }
  if (claimed.outcome !== 'claimed') return claimed;

  const { claim } = claimed;
  const renewal = setInterval(() => void claim.renew().catch(() => {}), keys.leaseMs / 3).unref();
  const release = (hasDoneNothing: boolean) => claim.release(hasDoneNothing && !claim.isRecovery).catch(() => {}); // the lease expires anyway
  try {
    const takenOver: Outcome = { outcome: 'key-in-use', retryAfterMs: 0 };
    const outcome = await execution.execute(claim);
    if (outcome.outcome === 'taken-over') {
      // Whichever comes last, this look at the answer or the other execution's at the charges, finds what the other did.
      if ((await claim.answer()) === 'already_paid') await execution.takeBackLate(claim);
      return takenOver;
    }
    const answer = keptAnswer(outcome);
    if (answer !== undefined) {
      if (!(await claim.finish(answer))) return takenOver;
      // If this fails, the reconcile job is left to do it.
      if (answer === 'already_paid' && claim.isRecovery) await execution.takeBackLate(claim).catch(() => {});
      return outcome;
    }
    await release(nothingDone.has(outcome.outcome));
    return outcome;
  } catch (error) {
    await release(false);
    // It is unknown what was stored. The next request with the key reads the answer, or recovers what was done.
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause: toError(error) };
    throw error;
  } finally {
    clearInterval(renewal);
  }
}
