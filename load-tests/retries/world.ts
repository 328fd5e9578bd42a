import pino from 'pino';
import type { LedgerCharge, UserState } from '../../app/jobs/reconcile/plan.ts';
import { type RepairResult, type RepairStore, repairUser } from '../../app/jobs/reconcile/repair.ts';
import { createFencedMode } from '../../app/lock-modes/fenced.ts';
import type { AccountStore, FlagWrite, LockMode, LockModeName } from '../../app/lock-modes/index.ts';
import { createVersionMode } from '../../app/lock-modes/version.ts';
import type { Account, Attempt, OpenCharge } from '../../app/payments/account.ts';
import type { Recovery } from '../../app/payments/idempotency/recovery.ts';
import type { Processor } from '../../app/payments/processor.ts';
import { createPaymentService, type PaymentService } from '../../app/payments/service.ts';
import type { DistributedLock, Lease } from '../../app/redis-lock/index.ts';
import { createKeys, type Step } from './keys.ts';

/** Older than any request can be in progress, in milliseconds. */
const longAgoMs = 2 ** 30;
const log = pino({ level: 'silent' });

interface Charge extends OpenCharge {
  readonly key: string;
  readonly attempt: Attempt;
  /** Its place among all writes. */
  readonly at: number;
  refundedBy?: string;
}

/** One user, the processor's ledger and the idempotency keys, in memory. Every access is one step. */
export interface World {
  serviceFor(step: Step): { readonly service: PaymentService; readonly mode: LockMode };
  /** Repairs the user as the reconcile job does. @returns what was done. */
  repair(step?: Step): Promise<RepairResult>;
  /** Ends the lease of every key but these, which have a live execution. */
  endLeases(live: ReadonlySet<string | undefined>): void;
  readonly user: { readonly paid: boolean; readonly paidBy: number | undefined };
  readonly charges: readonly Charge[];
  /** @returns all that it holds, for JSON. */
  describe(): unknown;
}

/**
 * The modes that hold in every order, also of an execution that is frozen or presumed dead: the write checks what it was
 * decided on.
 */
export const exploredModes = ['version', 'fenced'] as const satisfies readonly LockModeName[];
export type ExploredMode = (typeof exploredModes)[number];

/** @param inProgress the request ids of the executions that can still act. What others did counts as old. */
export function createWorld(mode: ExploredMode, inProgress: () => readonly string[]): World {
  const user = { paid: false, version: 0, paidBy: undefined as number | undefined };
  let fence = 0n;
  const charges: Charge[] = [];
  const refunds: { readonly attemptId: string; readonly chargeId: number; readonly at: number }[] = [];
  const flagWrites: (FlagWrite & { readonly at: number })[] = [];
  let writes = 0;
  const keys = createKeys();
  const open = () => charges.filter(({ refundedBy }) => refundedBy === undefined);

  function read(): Account {
    const openCharges = open().map(({ id, amount }) => ({ id, amount }));
    const paidBy = user.paid ? openCharges.find(({ id }) => id === user.paidBy) : undefined;
    const payment = user.paid ? charges.find(({ id }) => id === user.paidBy) : undefined;
    return {
      ...{ paid: user.paid, version: user.version, openCharges },
      ...(paidBy && { paidBy }),
      ...(payment && !paidBy && { refundedAmount: payment.amount }),
    };
  }
  function write(flagWrite: FlagWrite) {
    const { change, onlyIf } = flagWrite;
    if (onlyIf?.version !== undefined && onlyIf.version !== user.version) return 'refused';
    if (onlyIf?.fence !== undefined && onlyIf.fence !== fence) return 'refused';
    user.paid = change.paid;
    user.paidBy = change.paid ? change.paidBy : undefined;
    user.version += 1;
    flagWrites.push({ ...flagWrite, at: writes++ });
    return 'written';
  }
  function readState(): UserState {
    const account = read();
    const running = inProgress();
    const ageMs = (at: number) => longAgoMs + writes - at;
    const openCharges = open().map(({ id, amount, key, attempt, at }): LedgerCharge => {
      const write = flagWrites.findLast(({ change }) => change.paid && change.paidBy === id);
      const unanswered = keys.unanswered(attempt.id);
      const pass = Number(/\d+$/.exec(key)?.[0]);
      return {
        id,
        amount,
        requestId: attempt.requestId,
        ageMs: running.includes(attempt.requestId) ? 0 : ageMs(at),
        ...(write && { wroteVersion: write.readVersion + 1 }),
        ...(unanswered && { keyed: { id: attempt.id, pass, hasEnded: unanswered.pass > pass } }),
      };
    });
    const canceller = refunds.find(({ chargeId }) => chargeId === user.paidBy)?.attemptId;
    return {
      ...account,
      userId: 7,
      openCharges,
      quietMs: running.length > 0 ? 0 : longAgoMs,
      flagAgeMs: ageMs(flagWrites.at(-1)?.at ?? Number.NEGATIVE_INFINITY),
      newestRead: Math.max(-1, ...flagWrites.map(({ readVersion }) => readVersion)),
      lastAmount: charges.at(-1)?.amount ?? 0,
      ...(canceller !== undefined && { canceller }),
    };
  }

  function portsFor(step: Step) {
    const accounts: AccountStore = {
      read: () => step(read),
      write: (flagWrite) => step(() => write(flagWrite)),
      registerFence: (_, token) =>
        step(() => {
          if (token <= fence) return { outcome: 'stale-token', seen: fence };
          fence = token;
          return { outcome: 'registered' };
        }),
    };
    const processor: Processor = {
      charge: (_, amount, { key, attempt }) =>
        step(() => {
          const known = charges.find((charge) => charge.key === key);
          const charge: Charge = known ?? { id: charges.length + 1, amount, key, attempt, at: writes++ };
          if (!known) charges.push(charge);
          return { ...charge };
        }),
      refund: (id, { key, attempt }) =>
        step(() => {
          const charge = charges.find((candidate) => candidate.id === id);
          if (!charge) throw new Error(`there is no charge ${id}`);
          if (charge.refundedBy === undefined) refunds.push({ attemptId: attempt.id, chargeId: id, at: writes++ });
          charge.refundedBy ??= key;
          return charge.refundedBy === key ? 'refunded' : 'refused';
        }),
    };
    const recovery: Recovery = {
      findCharge: (key) => step(() => charges.find((charge) => charge.key === key)),
      findCancel: (_, id) =>
        step(() => {
          const refundedAt = refunds.find(({ attemptId }) => attemptId === id)?.at ?? Number.POSITIVE_INFINITY;
          const clears = flagWrites.filter(({ change, at }) => !change.paid && at > refundedAt);
          return {
            hasRefunded: refunds.some(({ attemptId }) => attemptId === id),
            hasCleared: flagWrites.some(({ attempt, change }) => attempt.id === id && !change.paid),
            isSuperseded: clears.length > 0 && clears[0]?.attempt.id !== id,
            laterCharges: charges.filter(({ at }) => at > refundedAt).map((charge) => charge.id),
          };
        }),
    };
    return { mode: modes[mode](accounts), processor, recovery };
  }

  let tokens = 0n;
  /** Excludes no request, as if each lease were lost at once: only the token is left. */
  const lostLock: DistributedLock = {
    acquire: () => Promise.reject(new Error('not used')),
    async withLock(_, work, { minToken = 0n } = {}) {
      tokens = (tokens > minToken ? tokens : minToken) + 1n;
      return { outcome: 'done', value: await work({ token: tokens } as Lease) };
    },
    close: async () => {},
  };
  const modes = {
    version: createVersionMode,
    fenced: (accounts: AccountStore) => createFencedMode(accounts, lostLock),
  } as const satisfies Record<ExploredMode, unknown>;

  function serviceFor(step: Step) {
    const { mode, processor, recovery } = portsFor(step);
    const service = createPaymentService({
      processor,
      lockKey: 'payment',
      lockWaitMs: 2 ** 30,
      pause: async () => {},
      idempotency: { keys: keys.port(step), recovery },
    });
    return { service, mode };
  }

  return {
    serviceFor,
    repair(step = async (work) => work()) {
      const { mode, processor } = portsFor(step);
      const store: RepairStore = { readState: () => step(readState), claimDead: (id) => keys.claimDead(step, id) };
      const deps = { store, processor, mode, lockKey: 'payment', lockWaitMs: 0 } as const;
      return repairUser(7, { ...deps, afterMs: longAgoMs / 2 }, { signal: new AbortController().signal, log });
    },
    endLeases: keys.endLeases,
    user,
    charges,
    describe: () => [user, fence, tokens, charges, refunds, flagWrites, keys.states()],
  };
}
