import { isDatabaseUnreachable } from '../../database/errors.ts';
import { toError } from '../../thrown.ts';
import { keptAnswer, nothingDone, type Outcome } from '../outcome.ts';
import type { IdempotencyKeys, KeyClaim, KeyedRequest } from './idempotency-keys.ts';

/**
 * Executes a request at most once for its key. A request with the same key gets the first answer; while an execution is in
 * progress, it gets `key-in-use`; once that execution's lease has expired, it takes over and finishes what was begun.
 *
 * @param execute resolves to `taken-over` if another execution holds the claim now.
 */
export async function executeOnce(
  keys: IdempotencyKeys,
  request: KeyedRequest,
  execute: (claim: KeyClaim) => Promise<Outcome | { outcome: 'taken-over' }>,
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
    const outcome = await execute(claim);
    if (outcome.outcome === 'taken-over') return takenOver;
    const answer = keptAnswer(outcome);
    if (answer !== undefined) {
      return (await claim.finish(answer)) ? outcome : takenOver;
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
