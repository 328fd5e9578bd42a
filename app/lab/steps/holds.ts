import type { Redis } from 'ioredis';
import type { Account } from '../../payments/account.ts';
import { withTimeout } from '../../with-timeout.ts';
import { openOwnConnection } from '../own-connection.ts';
import type { HoldPoint, Release, StepBoard, SteppedRequest } from './board.ts';

/** How a request that was led step by step came to its end; `X-Lab-Steps` of its answer. */
type Leading =
  /** Every hold was ended by a release. */
  | 'step-by-step'
  /** From some step on it was let go. */
  | 'let-go'
  /** A hold lasted for the whole of its time limit; from there on the request went by itself. */
  | 'time-limit'
  /** Redis did not answer; from there on the request went by itself. */
  | 'redis-lost'
  /** Its client has gone; from there on the request went by itself. */
  | 'client-gone';

/** The holds of one request. */
export interface Holds {
  readonly leading: Leading;
  /**
   * Waits until the step is released, within the time limit. It never fails: a request that cannot be led any more goes
   * on by itself, as one that was broken off between its act and its write would leave flag and books at odds.
   *
   * @param next what the request will do, for whoever decides who goes next.
   */
  before(step: HoldPoint, next: string): Promise<void>;
  /** Shows the others what the request has read. */
  saw(account: Account | undefined): void;
  /** Takes the request off the board. */
  end(): Promise<void>;
}

export interface HoldsOptions {
  readonly board: StepBoard;
  /** Lent for its settings: whoever blocks needs a connection of its own. */
  readonly redis: Redis;
  /** How long Redis may take to answer, where it does not block. */
  readonly timeoutMs: number;
  readonly session: string;
  /** How long one hold may last. */
  readonly limitMs: number;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** Holds a request that is on the board already. Whoever opens them ends them. */
export function openHolds(entered: SteppedRequest, options: HoldsOptions): Holds {
  const { board, redis, timeoutMs, session, limitMs, signal } = options;
  let request = entered;
  let leading: Leading = 'step-by-step';
  let connection: Redis | undefined;

  const show = (change: Partial<SteppedRequest>) => {
    request = { ...request, ...change };
    return board.update(session, request);
  };

  /** @returns what has ended the hold; undefined when nothing did within the limit. */
  async function released(): Promise<Release | undefined> {
    connection ??= await openOwnConnection(redis, { silenceMs: limitMs + timeoutMs, timeoutMs, name: 'lab-steps' });
    if (signal.aborted) return undefined;
    const { step, all } = board.releasesOf(session, request);
    const popped = await withTimeout(connection.blpop(all, step, limitMs / 1000), limitMs + timeoutMs, 'Redis');
    if (popped === null) return undefined;
    return popped[0] === all ? 'all' : 'step';
  }
  const leave = () => connection?.disconnect(); // ends the wait in it
  signal.addEventListener('abort', leave, { once: true });

  return {
    get leading() {
      return leading;
    },
    async before(step, next) {
      if (leading !== 'step-by-step') return;
      try {
        await show({ heldBefore: step, next, holds: request.holds + 1 });
        const how = await released();
        if (how === 'all') leading = 'let-go';
        if (how === undefined) leading = 'time-limit';
        await show({ heldBefore: null, next: null });
      } catch {
        leading = 'redis-lost';
      }
      if (signal.aborted) leading = 'client-gone';
    },
    saw(account) {
      request = { ...request, saw: account ?? null }; // shown with the next hold
    },
    async end() {
      signal.removeEventListener('abort', leave);
      connection?.disconnect();
      await board.leave(session, request).catch(() => {}); // it is forgotten in time
    },
  };
}
