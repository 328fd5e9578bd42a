import type { Statements } from '../database/statements.ts';
import type { GuardedAccount, LockMode } from '../lock-modes/index.ts';
import { createIdempotencyKeys } from '../payments/idempotency/idempotency-keys.ts';
import { createRecovery } from '../payments/idempotency/recovery.ts';
import type { TestModes } from './lock-modes.ts';
import { execute, type PaymentOptions, paidAndBalance } from './payments.ts';

/** @param statements of the keys and the recovery alone. @returns a function that executes a pay or a cancel. */
export function keyedRequests(statements: Statements) {
  const idempotency = {
    keys: createIdempotencyKeys(statements, { instance: 'test', leaseMs: 300_000 }),
    recovery: createRecovery(statements),
  };
  return (kind: 'pay' | 'cancel', request: PaymentOptions) =>
    execute(kind, { requestId: 'r', idempotency, ...request });
}

/** @returns functions that execute a request of a test's user, by default in the mode `version`, and look at the user. */
export function requestsOf(userId: () => number, statements: Statements, { modes, processor }: TestModes) {
  const executeKeyed = keyedRequests(statements);
  return {
    execute: (kind: 'pay' | 'cancel', request: Partial<Omit<PaymentOptions, 'userId'>>) =>
      executeKeyed(kind, { userId: userId(), mode: modes.version, processor, ...request }),
    user: () => paidAndBalance(userId()),
  };
}

type Guard = LockMode['guard'];
export const lost = () => Object.assign(new Error('lost'), { code: 'ECONNRESET' });

/** @param write makes the mode's write of the flag from its own. */
const writing = (mode: LockMode, write: (own: GuardedAccount['write']) => GuardedAccount['write']): LockMode => ({
  ...mode,
  guard: ((section, work) =>
    mode.guard(section, (account) => work({ ...account, write: write(account.write) }))) as Guard,
});
/** A mode whose write of the flag never arrives. */
export const withoutWrite = (mode: LockMode) => writing(mode, () => () => Promise.reject(lost()));
/** A mode whose write takes effect and is not answered. */
export const withLostAnswer = (mode: LockMode) =>
  writing(mode, (own) => async (...args) => {
    await own(...args);
    throw lost();
  });
/** A mode whose lock is held by a rival. */
export const busy = (mode: LockMode): LockMode => ({
  ...mode,
  guard: (async () => ({ outcome: 'busy', retryAfterMs: 1 })) as Guard,
});
