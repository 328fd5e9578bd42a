import type { RedisConnection } from '../redis/connection.ts';
import { toError } from '../thrown.ts';
import { withTimeout } from '../with-timeout.ts';
import { type AccountStore, plainAccount } from './account.ts';
import type { LockMode } from './lock-mode.ts';
import { tryUntil } from './shared/try-until.ts';

export interface NaiveOptions {
  readonly ttlMs: number;
  /** How long Redis may take to answer a command. */
  readonly timeoutMs: number;
}

/**
 * The lock that most posts show: every holder stores the same value and releases by a bare `DEL`. A holder whose TTL has
 * expired deletes its successor's lock, and a third request enters.
 */
export function createNaiveMode(
  accounts: AccountStore,
  redis: RedisConnection,
  { ttlMs, timeoutMs }: NaiveOptions,
): LockMode {
  const answered = <T>(command: Promise<T>) => withTimeout(command, timeoutMs, 'Redis');

  return {
    name: 'naive',
    lockOf: ({ key }) => key,
    async guard({ key, userId, attempt, waitMs, signal }, work) {
      const tryOnce = async () => ((await answered(redis.set(key, '1', 'PX', ttlMs, 'NX'))) === 'OK' ? 'ours' : 'held');
      try {
        const result = await tryUntil(tryOnce, waitMs, signal);
        if (result === 'aborted') return { outcome: 'aborted' };
        if (result === 'held') return { outcome: 'busy', retryAfterMs: ttlMs };
      } catch (error) {
        return { outcome: 'unavailable', cause: toError(error) };
      }
      try {
        return { outcome: 'done', value: await work(plainAccount(accounts, userId, attempt)) };
      } finally {
        await answered(redis.del(key)).catch(() => {}); // the TTL will remove it
      }
    },
    async close() {},
  };
}
