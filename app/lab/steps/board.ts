import type { ChainableCommander } from 'ioredis';
import { z } from 'zod';
import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';

/** The steps before which a request can be held: the read, the charge or refund, and the write of the flag. */
const holdPointSchema = z.enum(['read', 'act', 'write']);
export type HoldPoint = z.output<typeof holdPointSchema>;

const openChargeSchema = z.object({ id: z.int(), amount: z.int() });
/** The state of a stepped request, as in `GET /lab/steps/:session`. */
export const steppedRequestSchema = z.object({
  requestId: z.string(),
  userId: z.int(),
  command: z.enum(['pay', 'cancel']),
  amount: z.int(),
  mode: z.string(),
  instance: z.string(),
  heldBefore: holdPointSchema.nullable().describe('Null while it runs a step or waits for its lock.'),
  next: z.string().nullable().describe('What that step will do, such as `charge 4900`.'),
  holds: z.int().min(0).describe('Number of its holds so far; identifies the current one.'),
  saw: z
    .object({
      paid: z.boolean(),
      version: z.int(),
      openCharges: z.array(openChargeSchema).readonly(),
      moreOpenCharges: z.int().optional().describe('Number of open charges beyond those listed.'),
      paidBy: openChargeSchema.optional(),
    })
    .nullable()
    .describe('What it last read; null before its first read.'),
});
export type SteppedRequest = Readonly<z.output<typeof steppedRequestSchema>>;

/** What ended a hold: one step, or a resume. */
export type Release = 'step' | 'all';

/**
 * The state of all stepped requests, in Redis: a hash per session, and a list per hold, on which the request waits. A
 * release therefore reaches a request on any instance.
 */
export interface StepBoard {
  /** @returns false if the session already has a request with this id. */
  enter(session: string, request: SteppedRequest): Promise<boolean>;
  update(session: string, request: SteppedRequest): Promise<void>;
  leave(session: string, request: SteppedRequest): Promise<void>;
  /** @returns the session's requests by id; none for an unknown session. */
  list(session: string): Promise<SteppedRequest[]>;
  /** Ends the request's current hold; idempotent. @returns false if it is not held. */
  release(session: string, requestId: string): Promise<boolean>;
  /**
   * Ends the hold of one request, or of all in the session, and all their later holds. Requests that come later are held.
   *
   * @returns the ids of the resumed requests.
   */
  resume(session: string, requestId?: string): Promise<string[]>;
  /** @returns true while a request of this user is stepped, and its instance alive. */
  isStepped(userId: number): Promise<boolean>;
  /** @returns the lists that end this hold. */
  releasesOf(session: string, request: SteppedRequest): Readonly<Record<Release, string>>;
}

/** TTL of the keys, in seconds: removes what a killed instance leaves behind. A held request is updated more often. */
const forgottenAfterS = 120;

/** @param timeoutMs time limit of each call to Redis. */
export function createStepBoard(redis: RedisConnection, timeoutMs: number): StepBoard {
  const answered = <T>(command: Promise<T>) => withTimeout(command, timeoutMs, 'Redis');
  const hash = (session: string) => `lab:steps:${session}`;
  const stepList = (session: string, requestId: string, hold: number) => `${hash(session)}:${requestId}:${hold}`;
  const allList = (session: string, requestId: string) => `${hash(session)}:${requestId}:all`;
  const userSet = (userId: number) => `lab:stepped:${userId}`;
  const memberOf = (session: string, requestId: string) => `${session}/${requestId}`;
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

  const keep = (commands: ChainableCommander, session: string, { userId, requestId }: SteppedRequest) =>
    commands
      .expire(hash(session), forgottenAfterS)
      .sadd(userSet(userId), memberOf(session, requestId))
      .expire(userSet(userId), forgottenAfterS);

  return {
    list,
    isStepped: async (userId) => (await answered(redis.exists(userSet(userId)))) === 1,
    releasesOf: (session, { requestId, holds }) => ({
      step: stepList(session, requestId, holds),
      all: allList(session, requestId),
    }),
    async enter(session, request) {
      const key = hash(session);
      const commands = redis.multi().hsetnx(key, request.requestId, JSON.stringify(request));
      const replies = await answered(keep(commands, session, request).exec());
      return replies?.[0]?.[1] === 1;
    },
    async update(session, request) {
      const key = hash(session);
      const commands = redis.multi().hset(key, request.requestId, JSON.stringify(request));
      await answered(keep(commands, session, request).exec());
    },
    async leave(session, request) {
      // Also deletes unused releases: the next request with this id must not find them.
      const steps = Array.from({ length: request.holds }, (_, index) =>
        stepList(session, request.requestId, index + 1),
      );
      const { requestId, userId } = request;
      const commands = redis.multi().hdel(hash(session), requestId).srem(userSet(userId), memberOf(session, requestId));
      await answered(commands.del(allList(session, request.requestId), ...steps).exec());
    },
    async release(session, requestId) {
      const request = (await list(session)).find((candidate) => candidate.requestId === requestId);
      if (!request?.heldBefore) return false;
      await push([stepList(session, requestId, request.holds)]);
      return true;
    },
    async resume(session, requestId) {
      const all = await list(session);
      const resumed = requestId === undefined ? all : all.filter((request) => request.requestId === requestId);
      const ids = resumed.map((request) => request.requestId);
      if (ids.length > 0) await push(ids.map((id) => allList(session, id)));
      return ids;
    },
  };
}
