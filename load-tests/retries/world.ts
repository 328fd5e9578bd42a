import type { AccountStore, FlagWrite, LockMode } from '../../app/lock-modes/index.ts';
import { createVersionMode } from '../../app/lock-modes/version.ts';
import type { Account, OpenCharge } from '../../app/payments/account.ts';
import type { IdempotencyKeys, KeyClaim } from '../../app/payments/idempotency/idempotency-keys.ts';
import type { Recovery } from '../../app/payments/idempotency/recovery.ts';
import type { KeptAnswer } from '../../app/payments/outcome.ts';
import type { Processor } from '../../app/payments/processor.ts';
import { createPaymentService, type PaymentService } from '../../app/payments/service.ts';

interface Charge extends OpenCharge {
  readonly key: string;
  /** Its place among all writes. */
  readonly at: number;
  refundedBy?: string;
}

interface KeyState {
  readonly id: string;
  readonly kind: string;
  attempt: number;
  pass: number;
  isLeased: boolean;
  answer?: KeptAnswer;
}

/** One user, the processor's ledger and the idempotency keys, in memory. Every access is one step. */
export interface World {
  /** @param turn resolves when the service may take its next step. */
  serviceFor(turn: () => Promise<void>): { readonly service: PaymentService; readonly mode: LockMode };
  /** Refunds what the reconcile job would: each charge that does not pay for the access and whose request has ended. */
  reconcile(): void;
  /** Ends the lease of every key. */
  endLeases(): void;
  readonly user: { readonly paid: boolean; readonly paidBy: number | undefined };
  readonly charges: readonly Charge[];
}

export function createWorld(): World {
  const user = { paid: false, version: 0, paidBy: undefined as number | undefined };
  const charges: Charge[] = [];
  const refunds: { readonly attemptId: string; readonly at: number }[] = [];
  const clears: { readonly attemptId: string }[] = [];
  let wroteAt = -1;
  let writes = 0;
  /** How often the leases were ended. */
  let ends = 0;
  const keys = new Map<string, KeyState>();
  const open = () => charges.filter(({ refundedBy }) => refundedBy === undefined);

  function read(): Account {
    const openCharges = open().map(({ id, amount }) => ({ id, amount }));
    const paidBy = user.paid ? openCharges.find(({ id }) => id === user.paidBy) : undefined;
    return { paid: user.paid, version: user.version, openCharges, ...(paidBy && { paidBy }) };
  }
  function write({ change, attempt, onlyIf }: FlagWrite) {
    if (onlyIf?.version !== undefined && onlyIf.version !== user.version) return 'refused';
    user.paid = change.paid;
    user.paidBy = change.paid ? change.paidBy : undefined;
    user.version += 1;
    wroteAt = writes++;
    if (!change.paid) clears.push({ attemptId: attempt.id });
    return 'written';
  }

  function serviceFor(turn: () => Promise<void>) {
    /** Runs `work` as one atomic step. */
    const step = async <T>(work: () => T): Promise<T> => {
      await turn();
      return work();
    };
    const accounts: AccountStore = {
      read: () => step(read),
      write: (flagWrite) => step(() => write(flagWrite)),
      registerFence: () => Promise.reject(new Error('no fencing here')),
    };
    const processor: Processor = {
      charge: (_, amount, { key }) =>
        step(() => {
          const known = charges.find((charge) => charge.key === key);
          const charge: Charge = known ?? { id: charges.length + 1, amount, key, at: writes++ };
          if (!known) charges.push(charge);
          return { ...charge };
        }),
      refund: (id, { key, attempt }) =>
        step(() => {
          const charge = charges.find((candidate) => candidate.id === id);
          if (!charge) throw new Error(`there is no charge ${id}`);
          if (charge.refundedBy === undefined) refunds.push({ attemptId: attempt.id, at: writes++ });
          charge.refundedBy ??= key;
          return charge.refundedBy === key ? 'refunded' : 'refused';
        }),
    };
    const recovery: Recovery = {
      findCharge: (key) => step(() => charges.find((charge) => charge.key === key)),
      findCancel: (_, id) =>
        step(() => {
          const refundedAt = refunds.find(({ attemptId }) => attemptId === id)?.at ?? Number.POSITIVE_INFINITY;
          return {
            hasRefunded: refunds.some(({ attemptId }) => attemptId === id),
            hasCleared: clears.some(({ attemptId }) => attemptId === id),
            isSuperseded: wroteAt > refundedAt,
            laterCharges: charges.filter(({ at }) => at > refundedAt).map((charge) => charge.id),
          };
        }),
    };
    const claimOf = (state: KeyState, attempt: number, id: string): KeyClaim => {
      const endsBefore = ends;
      const change = (work: () => void) =>
        step(() => {
          if (state.attempt !== attempt) return false;
          work();
          return true;
        });
      const renew = () => change(() => Object.assign(state, { isLeased: true }));
      return {
        id,
        pass: state.pass,
        isRecovery: attempt > 1,
        beginPass: (pass) => change(() => Object.assign(state, { pass })),
        finish: (answer) => change(() => Object.assign(state, { answer, isLeased: false })),
        release: async () => void (await change(() => Object.assign(state, { isLeased: false }))),
        renew,
        isHeld: async () => ends === endsBefore || renew(),
      };
    };
    const idempotencyKeys: IdempotencyKeys = {
      leaseMs: 2 ** 30,
      claim: ({ key, kind }) =>
        step(() => {
          const known = keys.get(key);
          if (known?.answer !== undefined) return { outcome: 'finished', answer: known.answer, requestId: key };
          if (known?.isLeased) return { outcome: 'key-in-use', retryAfterMs: 1 };
          const id = known?.id ?? `key-${key}`;
          const state = known ?? { id, kind, attempt: 0, pass: 1, isLeased: true };
          state.attempt += 1;
          state.isLeased = true;
          keys.set(key, state);
          return { outcome: 'claimed', claim: claimOf(state, state.attempt, id) };
        }),
    };
    const service = createPaymentService({
      processor,
      lockKey: 'payment',
      lockWaitMs: 2 ** 30,
      pause: async () => {},
      idempotency: { keys: idempotencyKeys, recovery },
    });
    return { service, mode: createVersionMode(accounts) };
  }

  return {
    serviceFor,
    reconcile() {
      const underWay = [...keys.values()].filter(({ answer }) => answer === undefined).map(({ id }) => id);
      for (const charge of open()) {
        const isOver = !underWay.some((id) => charge.key.startsWith(id));
        if (isOver && charge.id !== user.paidBy) charge.refundedBy = 'reconcile';
      }
    },
    endLeases() {
      ends += 1;
      for (const state of keys.values()) state.isLeased = false;
    },
    user,
    charges,
  };
}
