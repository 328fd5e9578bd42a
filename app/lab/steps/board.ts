import type { Redis } from 'ioredis';
import type { Account } from '../../payments/account.ts';
import { withTimeout } from '../../with-timeout.ts';

/** Where a request can be held: before it reads the account, before it charges or refunds, before it writes the flag. */
export type HoldPoint = 'read' | 'act' | 'write';

/** What is known of a request that is led step by step, as `GET /lab/steps/:session` shows it. */
export interface SteppedRequest {
  readonly requestId: string;
  readonly userId: number;
  readonly command: 'pay' | 'cancel';
  readonly amount: number;
  readonly mode: string;
  readonly instance: string;
  /** The step that it is held before; null while it is on its way: on the step released last, or kept out by its guard. */
  readonly heldBefore: HoldPoint | null;
  /** What it will do in that step, such as `charge 4900`. */
  readonly next: string | null;
  /** Counts its holds, so that one hold can be told from the next. */
  readonly holds: number;
  /** What it read last; null before its first read. */
  readonly saw: Account | null;
}

/** Why a request's hold has ended: by one step, or for good. */
export type Release = 'step' | 'all';

/**
 * What all instances know of the requests that are led step by step, kept in Redis: a hash for each session, and for
 * each hold a list that its request waits on, so that a release reaches it on whichever instance it is.
 */
export interface StepBoard {
  /** @returns false when the session has a request of this id already. */
  enter(session: string, request: SteppedRequest): Promise<boolean>;
  update(session: string, request: SteppedRequest): Promise<void>;
  leave(session: string, request: SteppedRequest): Promise<void>;
  /** @returns the session's requests in the order of their ids; none for a session that nobody has used. */
  list(session: string): Promise<SteppedRequest[]>;
  /** Ends the hold that the request is in; ending it twice is ending it once. @returns false when it is in none. */
  release(session: string, requestId: string): Promise<boolean>;
  /**
   * Ends the hold of one request, or of all in the session, and holds them no more. One that comes later is held.
   *
   * @returns whom it was told.
   */
  letGo(session: string, requestId?: string): Promise<string[]>;
  /** The lists that end this hold, by what their ending means. */
  releasesOf(session: string, request: SteppedRequest): Readonly<Record<Release, string>>;
}

/** What an instance that was killed leaves behind goes by itself. Longer than any hold. */
const forgottenAfterS = 120;

/** @param timeoutMs how long Redis may take over each call; it rejects then. */
export function createStepBoard(redis: Redis, timeoutMs: number): StepBoard {
  const answered = <T>(command: Promise<T>) => withTimeout(command, timeoutMs, 'Redis');
  const hash = (session: string) => `lab:steps:${session}`;
  const stepList = (session: string, requestId: string, hold: number) => `${hash(session)}:${requestId}:${hold}`;
  const allList = (session: string, requestId: string) => `${hash(session)}:${requestId}:all`;
  const push = (lists: readonly string[]) => {
    const commands = redis.multi();
    for (const list of lists) commands.rpush(list, 'go').expire(list, forgottenAfterS);
    return answered(commands.exec());
  };
  const list = async (session: string): Promise<SteppedRequest[]> => {
    const requests = Object.values(await answered(redis.hgetall(hash(session))));
    return requests
      .map((json) => JSON.parse(json) as SteppedRequest)
      .sort((a, b) => (a.requestId < b.requestId ? -1 : 1));
  };

  return {
    list,
    releasesOf: (session, { requestId, holds }) => ({
      step: stepList(session, requestId, holds),
      all: allList(session, requestId),
    }),
    async enter(session, request) {
      const entered = await answered(redis.hsetnx(hash(session), request.requestId, JSON.stringify(request)));
      await answered(redis.expire(hash(session), forgottenAfterS));
      return entered === 1;
    },
    async update(session, request) {
      const key = hash(session);
      const commands = redis.multi().hset(key, request.requestId, JSON.stringify(request));
      await answered(commands.expire(key, forgottenAfterS).exec());
    },
    async leave(session, request) {
      // With it go the releases that came twice, or too late: a request that is given this id next must not find them.
      const steps = Array.from({ length: request.holds }, (_, index) =>
        stepList(session, request.requestId, index + 1),
      );
      const commands = redis.multi().hdel(hash(session), request.requestId);
      await answered(commands.del(allList(session, request.requestId), ...steps).exec());
    },
    async release(session, requestId) {
      const request = (await list(session)).find((candidate) => candidate.requestId === requestId);
      if (!request?.heldBefore) return false;
      await push([stepList(session, requestId, request.holds)]);
      return true;
    },
    async letGo(session, requestId) {
      const all = await list(session);
      const told = requestId === undefined ? all : all.filter((request) => request.requestId === requestId);
      const ids = told.map((request) => request.requestId);
      if (ids.length > 0) await push(ids.map((id) => allList(session, id)));
      return ids;
    },
  };
}
