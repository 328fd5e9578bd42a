import type { Redis } from 'ioredis';
import { withTimeout } from '../../with-timeout.ts';

/** An instance as the others know it. */
export interface FleetMember {
  readonly name: string;
  readonly lockMode: string;
  readonly startedAt: string;
  /** How long ago it said so, by Redis's clock. */
  readonly seenMsAgo: number;
  readonly state: 'up' | 'silent';
  /** How many requests it was working on then. */
  readonly inFlight: number;
}

/** What an instance says of itself every second. */
export type Heartbeat = Pick<FleetMember, 'name' | 'lockMode' | 'startedAt' | 'inFlight'>;

export interface Fleet {
  /** @returns all instances that were heard of in the last minute, by name. @throws when Redis does not answer. */
  list(): Promise<FleetMember[]>;
  /** Beats no more, and has the others forget this instance at once. Never throws. */
  leave(): Promise<void>;
}

const beatMs = 1000;
const silentAfterMs = 3000;
const forgottenAfterMs = 60_000;

const namesKey = 'lab:instances';
const beatKey = (name: string) => `lab:instances:${name}`;

/**
 * Joins the fleet: from now on this instance beats into Redis. Each beat is a key that lives for a minute: how old it is
 * follows from what is left of that, so that nobody's clock is compared with anybody else's.
 */
export function joinFleet(redis: Redis, timeoutMs: number, self: () => Heartbeat): Fleet {
  const { name } = self();
  let beating: Promise<unknown> | undefined;
  const beat = () => {
    if (redis.status !== 'ready') return; // it would fail, and the next one comes soon
    beating ??= withTimeout(
      redis.multi().set(beatKey(name), JSON.stringify(self()), 'PX', forgottenAfterMs).sadd(namesKey, name).exec(),
      timeoutMs,
      'Redis',
    )
      .catch(() => {})
      .finally(() => {
        beating = undefined;
      });
  };
  redis.on('ready', beat);
  beat();
  const timer = setInterval(beat, beatMs);

  return {
    async list() {
      const names = (await withTimeout(redis.smembers(namesKey), timeoutMs, 'Redis')).sort();
      const reads = redis.pipeline();
      for (const member of names) reads.get(beatKey(member)).pttl(beatKey(member));
      const replies = ((await withTimeout(reads.exec(), timeoutMs, 'Redis')) ?? []).map(([, reply]) => reply);
      const members = names.map((_, index) => memberOf(replies[2 * index], replies[2 * index + 1]));
      const gone = names.filter((_, index) => !members[index]);
      if (gone.length > 0) redis.srem(namesKey, ...gone).catch(() => {}); // who is back has a beat again, and adds itself
      return members.filter((member) => member !== undefined);
    },
    async leave() {
      clearInterval(timer);
      redis.off('ready', beat);
      await beating;
      const forget = redis.multi().del(beatKey(name)).srem(namesKey, name).exec();
      await withTimeout(forget, timeoutMs, 'Redis').catch(() => {});
    },
  };
}

function memberOf(beat: unknown, leftMs: unknown): FleetMember | undefined {
  if (typeof beat !== 'string' || typeof leftMs !== 'number' || leftMs < 0) return undefined;
  const { name, lockMode, startedAt, inFlight }: Heartbeat = JSON.parse(beat);
  const seenMsAgo = forgottenAfterMs - leftMs;
  return { name, lockMode, startedAt, seenMsAgo, state: seenMsAgo > silentAfterMs ? 'silent' : 'up', inFlight };
}
