import { isDatabaseUnreachable } from '../database/errors.ts';
import { toError } from '../thrown.ts';
import type { IdempotencyKeys, KeyClaim, KeyedRequest } from './idempotency-keys.ts';
import { keptAnswer, type Outcome } from './outcome.ts';

/**
 * Executes a request at most once for its key. A later request with the key gets the first answer; one that meets an
 * execution under way is told to come back; one that finds it dead takes over and finishes what was begun.
 *
 * @param execute resolves to `taken-over` if it found that another execution has the claim now.
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
  const renewal = setInterval(() => claim.renew().catch(() => {}), keys.leaseMs / 3).unref();
  try {
    const outcome = await execute(claim);
    if (outcome.outcome === 'taken-over') return { outcome: 'key-in-use', retryAfterMs: 0 };
    const answer = keptAnswer(outcome);
    if (answer !== undefined)
      return (await claim.finish(answer)) ? outcome : { outcome: 'key-in-use', retryAfterMs: 0 };
    await claim.release().catch(() => {}); // its lease ends
    return outcome;
  } catch (error) {
    await claim.release().catch(() => {});
    // What is stored is what counts: the next request with the key reads it, or finds what was done.
    if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause: toError(error) };
    throw error;
  } finally {
    clearInterval(renewal);
  }
}
