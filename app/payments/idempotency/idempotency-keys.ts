import { randomUUID } from 'node:crypto';
import { isDatabaseUnreachable, isDuplicateKey } from '../../database/errors.ts';
import type { Statements } from '../../database/statements.ts';
import { toError } from '../../thrown.ts';
import type { Command } from '../decide.ts';
import type { KeptAnswer } from '../outcome.ts';

/** A request with a key. A key belongs to one user, and to the command and amount that it was first sent with. */
export interface KeyedRequest extends Command {
  readonly userId: number;
  readonly key: string;
  readonly requestId: string;
}

/** The right to execute a request, until another execution takes over. */
export interface KeyClaim {
  /** Identifies the request's processor calls and writes. The same for all of its executions. */
  readonly id: string;
  /** The pass to begin with. */
  readonly pass: number;
  /** True if an earlier execution may have done something. */
  readonly isRecovery: boolean;
  /** Stores the pass, before its charge. @returns false if another execution has taken over. */
  beginPass(pass: number): Promise<boolean>;
  /** Stores the answer. @returns false if another execution has taken over. */
  finish(answer: KeptAnswer): Promise<boolean>;
  /**
   * Lets the next request with the key execute at once. A renewal that arrives later has no effect.
   *
   * @param hasDoneNothing true if no execution has done anything, nor asked for what may still be done.
   */
  release(hasDoneNothing: boolean): Promise<void>;
  /**
   * Extends the lease. Without it, the next request takes over when the lease is over.
   *
   * @returns false if another execution has taken over.
   */
  renew(): Promise<boolean>;
  /** @returns false if another execution has taken over. Asks the database only if the lease may be over. */
  isHeld(): Promise<boolean>;
}

type ClaimResult =
  | { outcome: 'claimed'; claim: KeyClaim }
  /** `requestId`: of the execution that was answered. */
  | { outcome: 'finished'; answer: KeptAnswer; requestId: string }
  | { outcome: 'key-in-use'; retryAfterMs: number }
  /** The key is known, and the database did not answer what its request has done so far. */
  | { outcome: 'unfinished'; cause: Error }
  /** The key was first sent with another command or amount. */
  | { outcome: 'key-reused' };

export interface IdempotencyKeys {
  /** How long an execution that does not renew its claim keeps others out, in milliseconds. */
  readonly leaseMs: number;
  claim(request: KeyedRequest): Promise<ClaimResult>;
}

interface KeyRow {
  execution_id: string;
  kind: string;
  amount: number;
  attempt: number;
  pass: number;
  answer: KeptAnswer | null;
  request_id: string;
  instance: string;
  left_ms: number | null;
}

/** SQL for the end of a lease of this many milliseconds, by the database's clock. */
export const leasedUntil = 'NOW(6) + INTERVAL ? * 1000 MICROSECOND';
const insertSql = `INSERT INTO idempotency_keys (user_id, idempotency_key, execution_id, kind, amount, attempt, pass, leased_until, request_id, instance)
  VALUES (?, ?, ?, ?, ?, 1, 1, ${leasedUntil}, ?, ?)`;
const byKey = 'user_id = ? AND idempotency_key = ?';
const selectSql = `SELECT execution_id, kind, amount, attempt, pass, answer, request_id, instance,
    TIMESTAMPDIFF(MICROSECOND, NOW(6), leased_until) / 1000 AS left_ms
  FROM idempotency_keys WHERE ${byKey}`;
/** In place of the instance, after an execution that has done nothing. The instance that takes over writes its own name. */
const noInstance = '';
const takeOverSql = `UPDATE idempotency_keys SET attempt = attempt + 1, leased_until = ${leasedUntil}, request_id = ?, instance = ?
  WHERE ${byKey} AND attempt = ? AND pass = ? AND execution_id = ? AND answer IS NULL`;
// The row may be a new one: the one before was pruned.
const update = (change: string) =>
  `UPDATE idempotency_keys SET ${change} WHERE ${byKey} AND attempt = ? AND execution_id = ?`;

/**
 * The idempotency keys, in MySQL or MariaDB. Every update compares the row's attempt number, so an instance that was presumed
 * dead changes nothing when it resumes. Leases expire by the database's clock.
 *
 * After the Idempotency-Key draft (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/), and Brandur
 * Leach's recovery points (https://brandur.org/idempotency-keys).
 */
export function createIdempotencyKeys(
  statements: Statements,
  { instance, leaseMs }: { readonly instance: string; readonly leaseMs: number },
): IdempotencyKeys {
  /** @param sentAtMs when the claim was asked for, by the monotonic clock: the lease begins later. */
  function claimOf(
    { userId, key }: KeyedRequest,
    { id, attempt, pass, sentAtMs }: { id: string; attempt: number; pass: number; sentAtMs: number },
    isRecovery: boolean,
  ): KeyClaim {
    // A tenth less than the lease, since no two clocks run alike.
    const heldUntil = (ms: number) => ms + 0.9 * leaseMs;
    let heldUntilMs = heldUntil(sentAtMs);
    const change = async (sql: string, values: readonly (string | number)[]) => {
      const { affectedRows } = await statements.change(sql, [...values, userId, key, attempt, id]);
      return affectedRows === 1;
    };
    const renew = async () => {
      const askedAtMs = performance.now();
      const isHeld = await change(update(`leased_until = ${leasedUntil}`), [leaseMs]);
      if (isHeld) heldUntilMs = heldUntil(askedAtMs);
      return isHeld;
    };
    return {
      id,
      pass,
      isRecovery,
      beginPass: (begun) => change(update('pass = ?'), [begun]),
      finish: (answer) => change(update('answer = ?, leased_until = NULL, answered_at = NOW(6)'), [answer]),
      async release(hasDoneNothing) {
        const set = 'leased_until = NOW(6), attempt = attempt + 1';
        if (hasDoneNothing) await change(update(`${set}, instance = ?`), [noInstance]);
        else await change(update(set), []);
      },
      renew,
      isHeld: async () => performance.now() < heldUntilMs || renew(),
    };
  }

  /** Claims a key that has a row. @returns undefined if the row has changed meanwhile, or was pruned. */
  async function claimKnown(request: KeyedRequest, sentAtMs: number): Promise<ClaimResult | undefined> {
    const { userId, key, kind, amount, requestId } = request;
    const [row] = await statements.select<KeyRow>(selectSql, [userId, key]);
    if (!row) return undefined;
    if (row.kind !== kind || row.amount !== amount) return { outcome: 'key-reused' };
    if (row.answer !== null) return { outcome: 'finished', answer: row.answer, requestId: row.request_id };
    const leftMs = Number(row.left_ms ?? 0);
    if (leftMs > 0) return { outcome: 'key-in-use', retryAfterMs: leftMs };
    const { execution_id: id, attempt, pass } = row;
    const values = [leaseMs, requestId, instance, userId, key, attempt, pass, id];
    const { affectedRows } = await statements.change(takeOverSql, values);
    if (affectedRows === 0) return undefined;
    const next = { id, attempt: attempt + 1, pass, sentAtMs };
    return { outcome: 'claimed', claim: claimOf(request, next, row.instance !== noInstance) };
  }

  return {
    leaseMs,
    async claim(request) {
      const { userId, key, kind, amount, requestId } = request;
      for (;;) {
        const sentAtMs = performance.now();
        try {
          const id = `key-${randomUUID()}`;
          await statements.change(insertSql, [userId, key, id, kind, amount, leaseMs, requestId, instance]);
          return { outcome: 'claimed', claim: claimOf(request, { id, attempt: 1, pass: 1, sentAtMs }, false) };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
        const result = await claimKnown(request, sentAtMs).catch((error: unknown): ClaimResult => {
          if (isDatabaseUnreachable(error)) return { outcome: 'unfinished', cause: toError(error) };
          throw error;
        });
        if (result) return result;
      }
    },
  };
}
