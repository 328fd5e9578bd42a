import { setTimeout as sleep } from 'node:timers/promises';
import { isDuplicateKey } from '../database/errors.ts';
import type { Statements } from '../database/statements.ts';
import type { OpenCharge } from './account.ts';

/** For whom and how long one call to the processor is made. */
export interface GatewayCall {
  readonly requestId: string;
  /** How long the call takes, exactly; without it, a time of the gateway's own: see {@link createGateway}. */
  readonly takesMs?: number | undefined;
}

/** The card processor's side of a payment: an outside system whose books nobody can roll back. */
export interface Gateway {
  charge(userId: number, amount: number, call: GatewayCall): Promise<OpenCharge>;
  /** @returns `refused` when the charge had been refunded already, as at real processors. */
  refund(chargeId: number, call: GatewayCall): Promise<'refunded' | 'refused'>;
}

export interface GatewayOptions {
  readonly instance: string;
  /** How long a call takes on average; 0 for no wait at all. */
  readonly gatewayMs: number;
}

export const chargeSql = 'INSERT INTO charges (user_id, amount, request_id, instance) VALUES (?, ?, ?, ?)';
export const refundSql = 'INSERT INTO refunds (charge_id, request_id, instance) VALUES (?, ?, ?)';

/**
 * The processor, with its append-only books in the tables `charges` and `refunds`. A call takes effect at once and is
 * answered after `gatewayMs` on average, now sooner, now later, as a real one is: exponentially distributed, and never
 * later than ten times that. Were every answer equally late, no cancel could overtake the pay that it began after, and
 * the worst of the races would hide.
 */
export function createGateway(statements: Statements, { instance, gatewayMs }: GatewayOptions): Gateway {
  const drawMs = () => gatewayMs * Math.min(10, -Math.log(1 - Math.random()));
  const answer = async ({ takesMs = drawMs() }: GatewayCall) => {
    if (takesMs > 0) await sleep(takesMs);
  };

  return {
    async charge(userId, amount, call) {
      const { insertId } = await statements.change(chargeSql, [userId, amount, call.requestId, instance]);
      await answer(call);
      return { id: insertId, amount };
    },
    async refund(chargeId, call) {
      let result: 'refunded' | 'refused' = 'refunded';
      try {
        await statements.change(refundSql, [chargeId, call.requestId, instance]);
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        result = 'refused';
      }
      await answer(call);
      return result;
    },
  };
}
