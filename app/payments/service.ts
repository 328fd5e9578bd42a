import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CriticalSection, Entry, LockMode } from '../lock-modes/index.ts';
import { type PassResult, processorKeys } from './acts.ts';
import type { Command } from './decide.ts';
import { executeOnce } from './idempotency/execute-once.ts';
import type { IdempotencyKeys, KeyClaim } from './idempotency/idempotency-keys.ts';
import type { Recovery } from './idempotency/recovery.ts';
import type { Outcome } from './outcome.ts';
import { runPass } from './pass.ts';
import type { Processor } from './processor.ts';

interface PaymentRequest extends Command {
  readonly userId: number;
  readonly requestId: string;
  readonly idempotencyKey?: string | undefined;
  /** Names the payment that the client intends, for the audit. Default: the idempotency key. */
  readonly intent?: string | undefined;
  readonly mode: LockMode;
  /** Aborts when the caller disconnects. Ends the wait for the lock, never work that has begun. */
  readonly signal: AbortSignal;
  /** The exact duration of each call to the processor. Default: random, see {@link createProcessor}. */
  readonly gatewayMs?: number | undefined;
}

export interface PaymentService {
  /** Runs a pay or a cancel under its mode's guard. Every wait in it is bounded. */
  execute(request: PaymentRequest): Promise<Outcome>;
}

export interface PaymentServiceOptions {
  readonly processor: Processor;
  /** Scope of the lock: `payment` is the user and the amount, `user` the user alone. */
  readonly lockKey: 'payment' | 'user';
  /** How long a request may wait for the lock, all passes together, in milliseconds; 0: one try. */
  readonly lockWaitMs: number;
  /** How long the work under one guard may start new processor calls, in milliseconds. Default: no limit. */
  readonly workMaxMs?: number;
  /** Waits before the next pass. Default: a random time, so that rivals do not refuse each other again in lockstep. */
  readonly pause?: () => Promise<void>;
  /** Needed by requests with a key. */
  readonly idempotency?: { readonly keys: IdempotencyKeys; readonly recovery: Recovery };
}

type Execution = Pick<KeyClaim, 'id' | 'pass' | 'isRecovery' | 'beginPass' | 'isHeld'> & { readonly hasKey: boolean };

/** @returns the lock key: the same for pay and cancel, so that they exclude each other. */
export function lockKeyFor(scope: 'payment' | 'user', userId: number, amount: number): string {
  return scope === 'user' ? `PAYMENT_${userId}` : `PAYMENT_${userId}_${amount}`;
}

export function createPaymentService(options: PaymentServiceOptions): PaymentService {
  const { processor, lockKey, lockWaitMs, workMaxMs = Number.POSITIVE_INFINITY, idempotency } = options;
  const { pause = () => sleep(Math.random() * 10) } = options;

  /** Runs passes until one has a result. */
  async function execute(
    { mode, userId, kind, amount, requestId, intent, signal, gatewayMs }: PaymentRequest,
    { id, hasKey, pass: firstPass, isRecovery, beginPass, isHeld }: Execution,
  ): Promise<Outcome | { outcome: 'taken-over' }> {
    const key = lockKeyFor(lockKey, userId, amount);
    const attempt = { id, requestId };
    const deps = {
      processor,
      userId,
      call: { attempt, intent: intent ?? (hasKey ? id : undefined), takesMs: gatewayMs },
    };
    const deadline = performance.now() + lockWaitMs;
    let begun = false; // true once something is done that another pass must finish

    let pass = firstPass;
    let mayHaveActed = isRecovery;
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst && !(await beginPass(pass))) return { outcome: 'taken-over' };
      const waitMs = Math.max(0, deadline - performance.now());
      // Work that has begun continues even if the caller disconnects.
      const whileWaiting = begun ? new AbortController().signal : signal;
      const section: CriticalSection = { key, userId, attempt, waitMs, signal: whileWaiting };
      const previous = isFirst && pass > 1 ? processorKeys(id, pass - 1) : undefined;
      const recovery = mayHaveActed && idempotency ? { ...idempotency.recovery, previous } : undefined;
      const keys = processorKeys(id, pass);
      const entry: Entry<PassResult> = await mode.guard(section, (account) => {
        const endsAt = performance.now() + workMaxMs;
        const mayGoOn = () => performance.now() < endsAt;
        const endPass = () => beginPass(pass + 1);
        return runPass(
          account,
          { kind, amount },
          { ...deps, keys, begun, hasKey, holdsClaim: isHeld, mayGoOn, endPass, recovery },
        );
      });

      const mayHaveBegun = begun || (isFirst && isRecovery); // what an earlier execution has done is not known yet
      if (entry.outcome !== 'done') {
        if (mayHaveBegun) return unfinished(`the next pass could not start: ${entry.outcome}`);
        return entry.outcome === 'busy' ? { ...entry, outcome: 'lock-busy' } : entry;
      }
      const result = entry.value;
      if (result.outcome === 'unavailable' && mayHaveBegun) return { ...result, outcome: 'unfinished' };
      if (result.outcome !== 'again') return result;

      begun = result.begun || (begun && kind === 'cancel');
      // In the next pass, no execution has charged yet. What a cancel has refunded counts in all passes.
      mayHaveActed = result.pass === 'same' || (kind === 'cancel' && (mayHaveActed || begun));
      if (result.pass !== 'same') pass += 1;
      if (performance.now() >= deadline) {
        if (begun) return unfinished('the write was refused until the wait was over');
        return result.why ? { outcome: result.why } : { outcome: 'lock-busy', retryAfterMs: 0 };
      }
      await pause();
    }
  }

  return {
    async execute(request) {
      const { idempotencyKey: key, userId, kind, amount, requestId } = request;
      if (key === undefined) return (await execute(request, singleAttempt())) as Outcome;
      if (!idempotency) throw new Error('this service stores no idempotency keys');
      return executeOnce(idempotency.keys, { userId, key, kind, amount, requestId }, (claim) =>
        execute(request, { ...claim, hasKey: true }),
      );
    },
  };
}

/** For a request without a key: it has no earlier execution, and stores nothing. */
const singleAttempt = (): Execution => ({
  id: randomUUID(),
  hasKey: false,
  pass: 1,
  isRecovery: false,
  beginPass: async () => true,
  isHeld: async () => true,
});

function unfinished(why: string): Outcome {
  return { outcome: 'unfinished', cause: new Error(why) };
}
