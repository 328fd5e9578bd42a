import { setTimeout as sleep } from 'node:timers/promises';
import type { CriticalSection, Entry, LockMode } from '../lock-modes/index.ts';
import { attempt, type Pass } from './pass.ts';
import type { Command } from './decide.ts';
import type { Gateway } from './processor.ts';
import type { Outcome } from './outcome.ts';

interface PaymentRequest extends Command {
  readonly userId: number;
  readonly requestId: string;
  readonly mode: LockMode;
  /** Aborts when the caller has gone: ends the wait for the lock, never work that has begun. */
  readonly signal: AbortSignal;
  /** How long each call to the processor takes; without it, the gateway's own time. */
  readonly gatewayMs?: number | undefined;
}

export interface PaymentService {
  /** Carries a pay or a cancel out under its mode's guard. Every wait in it has a bound. */
  settle(request: PaymentRequest): Promise<Outcome>;
}

export interface PaymentServiceOptions {
  readonly gateway: Gateway;
  /** What the key is made of: `payment` is the user and the amount, `user` the user alone. */
  readonly lockKey: 'payment' | 'user';
  /** How long a request may wait for the lock, all its passes together; 0 is one try. */
  readonly lockWaitMs: number;
}

/** The key that keeps rivals apart. The same for pay and cancel, so that either keeps the other out. */
export function lockKeyFor(scope: 'payment' | 'user', userId: number, amount: number): string {
  return scope === 'user' ? `PAYMENT_${userId}` : `PAYMENT_${userId}_${amount}`;
}

export function createPaymentService({ gateway, lockKey, lockWaitMs }: PaymentServiceOptions): PaymentService {
  return {
    async settle({ mode, userId, kind, amount, requestId, signal, gatewayMs }) {
      const key = lockKeyFor(lockKey, userId, amount);
      const deps = { gateway, userId, call: { requestId, takesMs: gatewayMs } };
      const deadline = performance.now() + lockWaitMs;
      let begun = false; // something is done already that only another pass can finish

      for (;;) {
        const waitMs = Math.max(0, deadline - performance.now());
        // Work that has begun goes on even when the caller has gone.
        const whileWaiting = begun ? new AbortController().signal : signal;
        const section: CriticalSection = { key, userId, requestId, waitMs, signal: whileWaiting };
        const entry: Entry<Pass> = await mode.guard(section, (account) =>
          attempt(account, { kind, amount }, { ...deps, begun }),
        );

        if (entry.outcome !== 'done') {
          if (begun) return unfinished(`it could not go on: ${entry.outcome}`);
          return entry.outcome === 'busy' ? { ...entry, outcome: 'lock-busy' } : entry;
        }
        const pass = entry.value;
        if (pass.outcome === 'unavailable' && begun) return { ...pass, outcome: 'unfinished' };
        if (pass.outcome !== 'again') return pass;

        begun ||= pass.begun;
        if (performance.now() >= deadline) {
          return begun
            ? unfinished('its write was refused until its wait was over')
            : { outcome: 'lock-busy', retryAfterMs: 0 };
        }
        await sleep(Math.random() * 10); // rivals that refused each other must not meet again in step
      }
    },
  };
}

function unfinished(why: string): Outcome {
  return { outcome: 'unfinished', cause: new Error(why) };
}
