import { isServerReadOnly } from '../database/errors.ts';
import { type Statements, serverStateSql } from '../database/statements.ts';
import type { LockMode } from '../lock-modes/index.ts';
import { lockModeTraits } from '../lock-modes/registry.ts';
import { checkOwnsKeys, type RedisConnection } from '../redis/connection.ts';
import { messageOf } from '../thrown.ts';
import { withTimeout } from '../with-timeout.ts';

/** Why this instance cannot pay now. */
interface Unready {
  /** In a sentence. */
  readonly why: string;
  readonly cause: unknown;
}

export interface Readiness {
  /** Tries everything that a payment needs. Never throws. @returns undefined if it can pay. */
  check(): Promise<Unready | undefined>;
  /** What an operator should change although the instance can pay. */
  warnings(): readonly string[];
}

export interface ReadinessOptions {
  readonly instance: string;
  readonly statements: Pick<Statements, 'selectCurrent' | 'change'>;
  /** The mode of requests that choose none. */
  readonly mode: LockMode;
  /** The one of `REDIS_URL`. */
  readonly redis: RedisConnection;
  readonly redisTimeoutMs: number;
  readonly warnings: () => readonly string[];
}

/** Of the keys that checks lock: an ACL that lets payments lock allows them, too, and no payment's begins so. */
export const probeKeyPrefix = 'PAYMENT_READYZ_';
/** Waits for the table as a payment's write does, behind a backup's lock for example, but changes no row and locks none. */
const writeNothingSql = 'UPDATE users SET paid = paid WHERE FALSE';
/** How long one check may take, in milliseconds. */
const checkMs = 5000;
/** How long its result stands, in milliseconds: monitors cannot ask the servers more often. */
const standsMs = 200;

/**
 * Ready means: a payment would get its lock, and its writes would be taken. So the check runs the mode's own guard, on a key
 * that no payment has. A PING is answered by a replica, a Sentinel and a Redis without memory as well.
 */
export function createReadiness(options: ReadinessOptions): Readiness {
  const { instance, statements, mode, redis, redisTimeoutMs, warnings } = options;

  async function checkDatabase(): Promise<void> {
    await statements.selectCurrent(serverStateSql);
    await statements.change(writeNothingSql);
  }

  async function checkLock(): Promise<void> {
    const attempt = { id: 'readyz', requestId: 'readyz' };
    const signal = AbortSignal.timeout(checkMs);
    const section = { key: `${probeKeyPrefix}${instance}`, userId: 0, attempt, waitMs: 0, signal };
    const entry = await mode.guard(section, async () => {});
    if (entry.outcome === 'unavailable') throw entry.cause;
    if (entry.outcome === 'aborted') throw new Error(`no answer within ${checkMs} ms`);
    if (lockModeTraits[mode.name].locksOn === 'redis') await checkOwnsKeys(redis, redisTimeoutMs);
  }

  const parts = { 'The database': checkDatabase, 'The lock service': checkLock };

  async function checkAll(): Promise<Unready | undefined> {
    const checks = Object.entries(parts).map(([part, check]) =>
      withTimeout(check(), checkMs, part).then(
        () => undefined,
        (cause: unknown) => ({ why: `${part} ${reasonOf(cause)}.`, cause }),
      ),
    );
    return (await Promise.all(checks)).find((check) => check !== undefined);
  }

  let latest: { readonly result: Promise<Unready | undefined>; readonly until: number } | undefined;
  return {
    warnings,
    check() {
      // All callers share a check in progress: a server that hangs is asked once.
      if (!latest || performance.now() >= latest.until) {
        const asked = { result: checkAll(), until: Number.POSITIVE_INFINITY };
        latest = asked;
        void asked.result.then(() => {
          asked.until = performance.now() + standsMs;
        });
      }
      return latest.result;
    },
  };
}

/** @returns what is wrong, without addresses: the answer may be public. The cause is logged. */
function reasonOf(cause: unknown): string {
  if (isServerReadOnly(cause)) return 'is read-only';
  const [, code] = /^(?:ERR Error running script.*[ :-])?([A-Z]{3,}) /s.exec(messageOf(cause)) ?? [];
  return code ? `refuses: ${code}` : 'does not answer';
}
