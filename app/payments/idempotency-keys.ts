import { createHash } from 'node:crypto';
import { isDuplicateKey } from '../database/errors.ts';
import type { Statements } from '../database/statements.ts';
import type { Command } from './decide.ts';
import type { KeptAnswer } from './outcome.ts';

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
  /** Lets the next request with the key execute at once. */
  release(): Promise<void>;
  /** Extends the lease. Without it, the next request takes over when the lease is over. */
  renew(): Promise<void>;
}

type ClaimResult =
  | { outcome: 'claimed'; claim: KeyClaim }
  /** `requestId`: of the execution that was answered. */
  | { outcome: 'finished'; answer: KeptAnswer; requestId: string }
  | { outcome: 'key-in-use'; retryAfterMs: number }
  /** The key was first sent with another command or amount. */
  | { outcome: 'key-reused' };

export interface IdempotencyKeys {
  /** How long an execution that does not renew its claim keeps others out, in milliseconds. */
  readonly leaseMs: number;
  claim(request: KeyedRequest): Promise<ClaimResult>;
}

interface KeyRow {
  kind: string;
  amount: number;
  attempt: number;
  pass: number;
  answer: KeptAnswer | null;
  request_id: string;
  left_ms: number | null;
}

const leasedUntil = 'NOW(6) + INTERVAL ? * 1000 MICROSECOND';
const insertSql = `INSERT INTO idempotency_keys (user_id, idempotency_key, execution_id, kind, amount, attempt, pass, leased_until, request_id, instance)
  VALUES (?, ?, ?, ?, ?, 1, 1, ${leasedUntil}, ?, ?)`;
const byKey = 'user_id = ? AND idempotency_key = ?';
const selectSql = `SELECT kind, amount, attempt, pass, answer, request_id,
    TIMESTAMPDIFF(MICROSECOND, NOW(6), leased_until) / 1000 AS left_ms
  FROM idempotency_keys WHERE ${byKey}`;
const takeOverSql = `UPDATE idempotency_keys SET attempt = attempt + 1, leased_until = ${leasedUntil}, request_id = ?, instance = ?
  WHERE ${byKey} AND attempt = ? AND answer IS NULL`;
const update = (change: string) => `UPDATE idempotency_keys SET ${change} WHERE ${byKey} AND attempt = ?`;

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
  function claimOf({ userId, key }: KeyedRequest, attempt: number, pass: number): KeyClaim {
    const change = async (sql: string, values: readonly (string | number)[]) => {
      const { affectedRows } = await statements.change(sql, [...values, userId, key, attempt]);
      return affectedRows === 1;
    };
    return {
      id: executionId(userId, key),
      pass,
      isRecovery: attempt > 1,
      beginPass: (begun) => change(update('pass = ?'), [begun]),
      finish: (answer) => change(update('answer = ?, leased_until = NULL, answered_at = NOW(6)'), [answer]),
      release: async () => void (await change(update('leased_until = NULL'), [])),
      renew: async () => void (await change(update(`leased_until = ${leasedUntil}`), [leaseMs])),
    };
  }

  return {
    leaseMs,
    async claim(request) {
      const { userId, key, kind, amount, requestId } = request;
      for (;;) {
        try {
          const id = executionId(userId, key);
          await statements.change(insertSql, [userId, key, id, kind, amount, leaseMs, requestId, instance]);
          return { outcome: 'claimed', claim: claimOf(request, 1, 1) };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
        const [row] = await statements.select<KeyRow>(selectSql, [userId, key]);
        if (!row) continue; // pruned meanwhile
        if (row.kind !== kind || row.amount !== amount) return { outcome: 'key-reused' };
        if (row.answer !== null) return { outcome: 'finished', answer: row.answer, requestId: row.request_id };
        const leftMs = Number(row.left_ms ?? 0);
        if (leftMs > 0) return { outcome: 'key-in-use', retryAfterMs: leftMs };
        const values = [leaseMs, requestId, instance, userId, key, row.attempt];
        const { affectedRows } = await statements.change(takeOverSql, values);
        if (affectedRows === 1) return { outcome: 'claimed', claim: claimOf(request, row.attempt + 1, row.pass) };
      }
    },
  };
}

/** @returns the id of all executions of the request. A hash, because a key can be longer than an id. */
export function executionId(userId: number, key: string): string {
  const hash = createHash('sha256').update(`${userId}\n${key}`).digest('hex').slice(0, 40);
  return `key-${hash}`;
}
