import type { Account } from '../../payments/account.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';
import { openOwnConnection } from '../own-connection.ts';
import { shownCharges } from '../shown-charges.ts';
import type { HoldPoint, Release, StepBoard, SteppedRequest } from './board.ts';

/** How the stepping of a request ended; sent as `X-Lab-Steps` with its answer. */
export const steppingStatuses = [
  /** Every hold was ended by a release. */
  'step-by-step',
  /** It was resumed. */
  'let-go',
  /** A hold reached its time limit, and the request went on by itself. */
  'time-limit',
  /** Redis did not answer, and the request went on by itself. */
  'redis-lost',
  /** The client disconnected, and the request went on by itself. */
  'client-gone',
  /** The instance shuts down, and the request went on by itself. */
  'shutting-down',
] as const;
type SteppingStatus = (typeof steppingStatuses)[number];

/** The holds of one request. */
export interface Holds {
  readonly status: SteppingStatus;
  /**
   * Waits until the step is released, within the time limit. Never fails: if stepping fails, the request goes on by itself,
   * because aborting it between act and write would leave flag and ledger inconsistent.
   *
   * @param next what the step will do, for display.
   */
  before(step: HoldPoint, next: string): Promise<void>;
  /** From now on, this is called about once a second during each hold. It must not reject. */
  keepAlive(renew: (() => Promise<unknown>) | undefined): void;
  /** Records what the request has read, for display. */
  saw(account: Account | undefined): void;
  /** Removes the request from the board. */
  end(): Promise<void>;
}

export interface HoldsOptions {
  readonly board: StepBoard;
  /** The connection whose settings to use; holds block on a connection of their own. */
  readonly redis: RedisConnection;
  /** Time limit of a non-blocking call to Redis, in milliseconds. */
  readonly timeoutMs: number;
  readonly session: string;
  /** Time limit of a hold, in milliseconds. */
  readonly limitMs: number;
  /** Aborts when the client disconnects. */
  readonly signal: AbortSignal;
  /** Aborts when the instance shuts down. */
  readonly ending: AbortSignal;
  /**
   * How long one wait for a release lasts, in milliseconds. In between, the request shows that it is alive, and its lease is
   * renewed. Default: 1000.
   */
  readonly sliceMs?: number;
}

/** Holds a request that is already on the board. The caller ends the holds. */
export function openHolds(entered: SteppedRequest, options: HoldsOptions): Holds {
  const { board, redis, timeoutMs, session, limitMs, signal, ending, sliceMs = 1000 } = options;
  let request = entered;
  let status: SteppingStatus = 'step-by-step';
  let connection: RedisConnection | undefined;
  let renew: (() => Promise<unknown>) | undefined;

  /** @returns why no step can be held any more, if that is so. */
  const over = () => (signal.aborted ? 'client-gone' : ending.aborted ? 'shutting-down' : undefined);

  const show = (change: Partial<SteppedRequest>) => {
    request = { ...request, ...change };
    return board.update(session, request);
  };

  /** @returns what ended the hold; undefined at its time limit. */
  async function released(): Promise<Release | undefined> {
    const endsAt = performance.now() + limitMs;
    connection ??= await openOwnConnection(redis, { silenceMs: sliceMs + timeoutMs, timeoutMs, name: 'lab-steps' });
    const { step, all } = board.releasesOf(session, request);
    for (let leftMs = limitMs; leftMs > 0 && !over(); leftMs = endsAt - performance.now()) {
      if (leftMs < limitMs) await Promise.all([renew?.(), show({})]);
      const waitMs = Math.max(1, Math.min(leftMs, sliceMs)); // 0 would have no limit
      const popped = await withTimeout(connection.blpop(all, step, waitMs / 1000), waitMs + timeoutMs, 'Redis');
      if (popped) return popped[0].endsWith(all) ? 'all' : 'step'; // on a cluster, the key has a prefix
    }
    return undefined;
  }
  const leave = () => connection?.disconnect(); // ends the wait in it
  for (const end of [signal, ending]) end.addEventListener('abort', leave, { once: true });

  return {
    get status() {
      return status;
    },
    async before(step, next) {
      if (status !== 'step-by-step') return;
      try {
        await show({ heldBefore: step, next, holds: request.holds + 1 });
        const how = await released();
        if (how === 'all') status = 'let-go';
        if (how === undefined) status = 'time-limit';
        await show({ heldBefore: null, next: null });
      } catch {
        status = 'redis-lost';
      }
      status = over() ?? status;
    },
    keepAlive(renewal) {
      renew = renewal;
    },
    saw(account) {
      request = { ...request, saw: account ? { ...account, ...shownCharges(account.openCharges) } : null }; // shown with the next hold
    },
    async end() {
      for (const end of [signal, ending]) end.removeEventListener('abort', leave);
      connection?.disconnect();
      await board.leave(session, request).catch(() => {}); // it is forgotten in time
    },
  };
}
