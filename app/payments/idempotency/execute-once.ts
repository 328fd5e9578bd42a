import { isDatabaseUnreachable } from '../../database/errors.ts';
import { toError } from '../../thrown.ts';
import { keptAnswer, type Outcome } from '../outcome.ts';
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
  let renewing: Promise<unknown> = Promise.resolve();
  const renewal = setInterval(() => {
    renewing = claim.renew().catch(() => {});
  }, keys.leaseMs / 3).unref();
  const release = async () => {
    clearInterval(renewal);
    await renewing; // a renewal that arrives after the release would keep the next request out
    await claim.release().catch(() => {}); // the lease expires anyway
  };
  try {
    const outcome = await execute(claim);
    if (outcome.outcome === 'taken-over') return { outcome: 'key-in-use', retryAfterMs: 0 };
    const answer = keptAnswer(outcome);
    if (answer !== undefined)
      return (await claim.finish(answer)) ? outcome : { outcome: 'key-in-use', retryAfterMs: 0 };
    await release();
    return outcome;
  } catch (error) {
    await release();
    // It is unknown what was stored. The next request with the key reads the answer, or recovers what was done.
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause: toError(error) };
    throw error;
  } finally {
    clearInterval(renewal);
  }
}
