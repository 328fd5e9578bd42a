import { z } from 'zod';
import { lockModeNames } from '../../lock-modes/registry.ts';
import type { RedisConnection } from '../../redis/connection.ts';
import { withTimeout } from '../../with-timeout.ts';

/** An instance as seen by the others. */
const registeredInstanceSchema = z.object({
  name: z.string(),
  lockMode: z.enum(lockModeNames),
  startedAt: z.iso.datetime(),
  seenMsAgo: z.int().min(0).describe('Time since its last heartbeat, by the clock of Redis.'),
  state: z.enum(['up', 'silent']).describe('`silent`: no heartbeat for 3 s. After a minute the instance is forgotten.'),
  inFlight: z.int().min(0).describe('Number of its requests in progress at that heartbeat.'),
});
export type RegisteredInstance = Readonly<z.output<typeof registeredInstanceSchema>>;

/** The configuration of one instance; times in milliseconds. */
const settingsSchema = z.object({
  lockMode: z.enum(lockModeNames),
  lockKey: z.enum(['payment', 'user']),
  modes: z.array(z.enum(lockModeNames)).readonly().describe('The modes that a request may choose.'),
  gatewayMs: z.int(),
  lockTtlMs: z.int(),
  lockWaitMs: z.int(),
});
export type Settings = z.output<typeof settingsSchema>;

const server = z.enum(['up', 'down']);
/** The answer of `GET /lab/instances`. */
export const labStatusSchema = settingsSchema.extend({
  answeredBy: z.string(),
  redis: server,
  database: server,
  instances: z.array(registeredInstanceSchema).readonly(),
});
export type LabStatus = z.output<typeof labStatusSchema>;

/** What an instance publishes every second. */
export type Heartbeat = Pick<RegisteredInstance, 'name' | 'lockMode' | 'startedAt' | 'inFlight'>;

export interface InstanceRegistry {
  /** @returns all instances seen in the last minute, by name. @throws if Redis does not answer. */
  list(): Promise<RegisteredInstance[]>;
  /** Stops the heartbeat and removes this instance. Never throws. */
  leave(): Promise<void>;
}

const beatMs = 1000;
const silentAfterMs = 3000;
const forgottenAfterMs = 60_000;

const namesKey = 'lab:instances';
const beatKey = (name: string) => `lab:instances:${name}`;

/**
 * Registers this instance by a heartbeat into Redis. A heartbeat is a key with a TTL of one minute; its age follows from
 * the remaining TTL, so that no two clocks are compared.
 */
export function registerInstance(redis: RedisConnection, timeoutMs: number, self: () => Heartbeat): InstanceRegistry {
  const { name } = self();
  let beating: Promise<unknown> | undefined;
  const beat = () => {
    if (redis.status !== 'ready') return; // the next heartbeat comes soon
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
      if (gone.length > 0) redis.srem(namesKey, ...gone).catch(() => {}); // a returning instance adds itself again
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

function memberOf(beat: unknown, leftMs: unknown): RegisteredInstance | undefined {
  if (typeof beat !== 'string' || typeof leftMs !== 'number' || leftMs < 0) return undefined;
  const { name, lockMode, startedAt, inFlight }: Heartbeat = JSON.parse(beat);
  const seenMsAgo = forgottenAfterMs - leftMs;
  return { name, lockMode, startedAt, seenMsAgo, state: seenMsAgo > silentAfterMs ? 'silent' : 'up', inFlight };
}
