import { setTimeout as sleep } from 'node:timers/promises';
import { isDuplicateKey } from '../database/errors.ts';
import type { Statements } from '../database/statements.ts';
import type { Attempt, OpenCharge } from './account.ts';

/** The caller, idempotency key and duration of a call to the payment processor. */
export interface ProcessorCall {
  readonly attempt: Attempt;
  /** The idempotency key: a repeated call has no second effect, and gets the first answer. */
  readonly key: string;
  /** Names the payment that the client intends: its retries share it. */
  readonly intent?: string | undefined;
  /** The exact duration of the call, in milliseconds. Default: random, see {@link createProcessor}. */
  readonly takesMs?: number | undefined;
}

/** A charge in the processor's ledger. A repeated call gets the first charge, which may have been refunded since. */
export interface RecordedCharge extends OpenCharge {
  /** The processor's key of its refund. Absent while the charge is open; null if the refund had none. */
  readonly refundedBy?: string | null;
}

/** The payment processor: an outside system, whose ledger no transaction can roll back. */
export interface Processor {
  /** @throws an error with the code `ETIMEDOUT` if no answer came: it may have taken effect. */
  charge(userId: number, amount: number, call: ProcessorCall): Promise<RecordedCharge>;
  /**
   * @returns `refused` if the charge was already refunded under another key, as real processors do.
   * @throws as {@link charge}.
   */
  refund(chargeId: number, call: ProcessorCall): Promise<'refunded' | 'refused'>;
}

export interface ProcessorOptions {
  readonly instance: string;
  /** Average duration of a call, in milliseconds; 0: no wait. */
  readonly gatewayMs: number;
  /** The share of calls whose answer is lost although they take effect, from 0 to 1. */
  readonly lostAnswers?: number;
}

export const chargeSql =
  'INSERT INTO charges (user_id, amount, intent, processor_key, attempt_id, request_id, instance) VALUES (?, ?, ?, ?, ?, ?, ?)';
export const refundSql =
  'INSERT INTO refunds (charge_id, processor_key, attempt_id, request_id, instance) VALUES (?, ?, ?, ?, ?)';
const chargedSql = `SELECT c.id, c.amount, r.id IS NOT NULL AS is_refunded, r.processor_key AS refunded_by
  FROM charges c LEFT JOIN refunds r ON r.charge_id = c.id WHERE c.processor_key = ?`;
const refundedSql = 'SELECT processor_key FROM refunds WHERE charge_id = ?';

/** Calls with the same key, the first included, before the service gives up. */
export const maxTries = 4;
/** The longest call, in multiples of the average duration; also the timeout after which an answer counts as lost. */
export const longestCallFactor = 10;

/**
 * The processor, with its append-only ledger in the tables `charges` and `refunds`. A call takes effect at once and is
 * answered after a random delay: exponentially distributed, `gatewayMs` on average, at most ten times that. With a constant
 * delay, no cancel could overtake the pay that started before it, and the worst race would not show.
 *
 * A call whose answer is lost is repeated with the same key, at most {@link maxTries} calls in all.
 */
export function createProcessor(
  statements: Statements,
  { instance, gatewayMs, lostAnswers = 0 }: ProcessorOptions,
): Processor {
  const drawMs = () => gatewayMs * Math.min(longestCallFactor, -Math.log(1 - Math.random()));

  /** Repeats a call until its answer arrives. */
  async function answered<T>({ takesMs }: ProcessorCall, call: () => Promise<T>): Promise<T> {
    for (let tries = 1; tries <= maxTries; tries++) {
      const answer = await call().catch((cause: unknown) => {
        throw tries === 1 ? cause : unanswered({ cause }); // an earlier try has taken effect
      });
      const isLost = Math.random() < lostAnswers;
      const ms = takesMs ?? (isLost ? longestCallFactor * gatewayMs : drawMs());
      if (ms > 0) await sleep(ms);
      if (!isLost) return answer;
    }
    throw unanswered();
  }

  return {
    charge: (userId, amount, call) =>
      answered(call, async () => {
        const { key, attempt, intent = null } = call;
        try {
          const values = [userId, amount, intent, key, attempt.id, attempt.requestId, instance];
          const { insertId } = await statements.change(chargeSql, values);
          return { id: insertId, amount };
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const charge = await findCharge(statements, key).catch(failAsUnanswered);
          if (!charge) throw error;
          return charge;
        }
      }),
    refund: (chargeId, call) =>
      answered(call, async () => {
        const { key, attempt } = call;
        try {
          await statements.change(refundSql, [chargeId, key, attempt.id, attempt.requestId, instance]);
          return 'refunded';
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
          const [refund] = await statements
            .select<{ processor_key: string | null }>(refundedSql, [chargeId])
            .catch(failAsUnanswered);
          return refund?.processor_key === key ? 'refunded' : 'refused';
        }
      }),
  };
}

const unanswered = (options?: ErrorOptions) =>
  Object.assign(new Error('the payment processor did not answer', options), { code: 'ETIMEDOUT' });

/** The ledger knows the call, so it has had an effect, though its record cannot be read now. */
function failAsUnanswered(cause: unknown): never {
  throw unanswered({ cause });
}

/** @param key the processor's key of the charge. */
export async function findCharge(
  { select }: Pick<Statements, 'select'>,
  key: string,
): Promise<RecordedCharge | undefined> {
  interface Row {
    id: number;
    amount: number;
    is_refunded: number;
    refunded_by: string | null;
  }
  const [row] = await select<Row>(chargedSql, [key]);
  return row && { id: row.id, amount: row.amount, ...(row.is_refunded && { refundedBy: row.refunded_by }) };
}
