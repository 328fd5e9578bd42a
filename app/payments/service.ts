import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CriticalSection, Entry, LockMode } from '../lock-modes/index.ts';
import type { Command } from './decide.ts';
import type { Outcome } from './outcome.ts';
import { type PassResult, processorKeys, runPass } from './pass.ts';
import type { Processor } from './processor.ts';

interface PaymentRequest extends Command {
  readonly userId: number;
  readonly requestId: string;
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
}

/** @returns the lock key: the same for pay and cancel, so that they exclude each other. */
export function lockKeyFor(scope: 'payment' | 'user', userId: number, amount: number): string {
  return scope === 'user' ? `PAYMENT_${userId}` : `PAYMENT_${userId}_${amount}`;
}

export function createPaymentService({ processor, lockKey, lockWaitMs }: PaymentServiceOptions): PaymentService {
  return {
    async execute({ mode, userId, kind, amount, requestId, signal, gatewayMs }) {
      const key = lockKeyFor(lockKey, userId, amount);
      const attempt = { id: randomUUID(), requestId };
      const deps = { processor, userId, call: { attempt, takesMs: gatewayMs } };
      let pass = 0;
      const deadline = performance.now() + lockWaitMs;
      let begun = false; // true once something is done that another pass must finish

      for (;;) {
        const waitMs = Math.max(0, deadline - performance.now());
        // Begun work goes on even if the caller disconnects.
        const whileWaiting = begun ? new AbortController().signal : signal;
        const section: CriticalSection = { key, userId, attempt, waitMs, signal: whileWaiting };
        const entry: Entry<PassResult> = await mode.guard(section, (account) =>
          runPass(account, { kind, amount }, { ...deps, keys: processorKeys(attempt.id, ++pass), begun }),
        );

        if (entry.outcome !== 'done') {
          if (begun) return unfinished(`the next pass could not start: ${entry.outcome}`);
          return entry.outcome === 'busy' ? { ...entry, outcome: 'lock-busy' } : entry;
        }
        const result = entry.value;
        if (result.outcome === 'unavailable' && begun) return { ...result, outcome: 'unfinished' };
        if (result.outcome !== 'again') return result;

        begun ||= result.begun;
        if (performance.now() >= deadline) {
          return begun
            ? unfinished('the write was refused until the wait was over')
            : { outcome: 'lock-busy', retryAfterMs: 0 };
        }
        await sleep(Math.random() * 10); // random, so that rivals do not refuse each other again in lockstep
      }
    },
  };
}

function unfinished(why: string): Outcome {
  return { outcome: 'unfinished', cause: new Error(why) };
}
