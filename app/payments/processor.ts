import { setTimeout as sleep } from 'node:timers/promises';
import { isDuplicateKey } from '../database/errors.ts';
import type { Statements } from '../database/statements.ts';
import type { Attempt, OpenCharge } from './account.ts';

/** Who makes a call to the payment processor, and how long the call takes. */
export interface ProcessorCall {
  readonly attempt: Attempt;
  /** The exact duration of the call, in milliseconds. Default: random, see {@link createProcessor}. */
  readonly takesMs?: number | undefined;
}

/** The payment processor: an outside system, whose ledger no transaction can roll back. */
export interface Processor {
  charge(userId: number, amount: number, call: ProcessorCall): Promise<OpenCharge>;
  /** @returns `refused` if the charge was already refunded, as real processors do. */
  refund(chargeId: number, call: ProcessorCall): Promise<'refunded' | 'refused'>;
}

export interface ProcessorOptions {
  readonly instance: string;
  /** Average duration of a call, in milliseconds; 0: no wait. */
  readonly gatewayMs: number;
}

export const chargeSql =
  'INSERT INTO charges (user_id, amount, attempt_id, request_id, instance) VALUES (?, ?, ?, ?, ?)';
export const refundSql = 'INSERT INTO refunds (charge_id, attempt_id, request_id, instance) VALUES (?, ?, ?, ?)';

/**
 * The processor, with its append-only ledger in the tables `charges` and `refunds`. A call takes effect at once and is
 * answered after a random delay: exponentially distributed, `gatewayMs` on average, at most ten times that. With a constant
 * delay, no cancel could overtake the pay that started before it, and the worst race would not show.
 */
export function createProcessor(statements: Statements, { instance, gatewayMs }: ProcessorOptions): Processor {
  const drawMs = () => gatewayMs * Math.min(10, -Math.log(1 - Math.random()));
  const answer = async ({ takesMs = drawMs() }: ProcessorCall) => {
    if (takesMs > 0) await sleep(takesMs);
  };

  return {
    async charge(userId, amount, call) {
      const { id, requestId } = call.attempt;
      const { insertId } = await statements.change(chargeSql, [userId, amount, id, requestId, instance]);
      await answer(call);
      return { id: insertId, amount };
    },
    async refund(chargeId, call) {
      let result: 'refunded' | 'refused' = 'refunded';
      try {
        const { id, requestId } = call.attempt;
        await statements.change(refundSql, [chargeId, id, requestId, instance]);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        result = 'refused';
      }
      await answer(call);
      return result;
    },
  };
}
