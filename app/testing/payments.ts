import { randomUUID } from 'node:crypto';
import { createStatements, type Statements } from '../database/statements.ts';
import type { LockMode } from '../lock-modes/index.ts';
import type { Outcome } from '../payments/outcome.ts';
import type { Processor } from '../payments/processor.ts';
import { createPaymentService, type PaymentServiceOptions } from '../payments/service.ts';
import { createUsers } from '../payments/stored-users.ts';
import { sharedDb } from './shared.ts';

export interface PaymentOptions extends Partial<PaymentServiceOptions> {
  readonly userId: number;
  readonly mode: LockMode;
  readonly processor: Processor;
  readonly amount?: number;
  readonly requestId?: string;
  readonly key?: string | undefined;
}

/** Executes a pay or a cancel, on a service of its own. */
export function execute(
  kind: 'pay' | 'cancel',
  { userId, mode, amount = 4900, requestId = randomUUID(), key, ...options }: PaymentOptions,
): Promise<Outcome> {
  const { signal } = new AbortController();
  const service = createPaymentService({ lockKey: 'payment', lockWaitMs: 60_000, ...options });
  return service.execute({ kind, userId, amount, requestId, idempotencyKey: key, mode, signal });
}

export const answered = (answer: 'paid' | 'already_paid' | 'cancelled' | 'nothing_to_cancel'): Outcome => ({
  outcome: 'answered',
  answer,
});

/** @returns a processor that runs these after each charge or refund has taken effect, before it is answered. */
export function interrupted(
  processor: Processor,
  then: { readonly charged?: () => Promise<unknown>; readonly refunded?: () => Promise<unknown> },
): Processor {
  return {
    async charge(...args) {
      const charge = await processor.charge(...args);
      await then.charged?.();
      return charge;
    },
    async refund(...args) {
      const result = await processor.refund(...args);
      await then.refunded?.();
      return result;
    },
  };
}

/** Runs `work` on the first call only. */
export function firstTimeOnly(work: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** @returns what a payment changes of a user; undefined if there is no such user. */
export async function paidAndBalance(userId: number, statements: Statements = createStatements(sharedDb(), 30_000)) {
  const found = await createUsers(statements).find(userId);
  return found && { paid: found.paid, balance: found.balance };
}
