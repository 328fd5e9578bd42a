import { Redis } from 'ioredis';
import { until } from '../../../app/testing/until.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import { createServerClock, type ServerClock, synchronize } from './server-clock.ts';

/** An observation of a lock's key on one Redis. Times are of this process's monotonic clock. */
export interface LockObservation {
  readonly atMs: number;
  readonly node: string;
  /** Absent for `lost`, which concerns all keys of the node. */
  readonly key?: string;
  /** `taken`: granted or renewed. */
  readonly saw: 'taken' | 'deleted' | 'expired' | 'lost';
  /** The holder's id; in mode `naive`, the same for all. */
  readonly value?: string;
  /** When it was taken, if known more precisely than `atMs`. */
  readonly sinceMs?: number;
  /** When its TTL expires. */
  readonly untilMs?: number;
}

/** Watches the locks of a few users on any number of Redis servers. */
export interface LockWatch extends AsyncDisposable {
  readonly observations: readonly LockObservation[];
  add(server: Pick<RedisServer, 'name' | 'url'>): void;
  /** Waits until it listens to every server (again, after a restart), at most `withinMs`. */
  untilListening(withinMs: number): Promise<void>;
}

/**
 * Observes locks by keyspace notifications (https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/). It asks
 * Redis rather than the holders, because a paused holder is wrong about its lease.
 */
export function watchLocks(userIds: readonly number[]): LockWatch {
  const observations: LockObservation[] = [];
  const watched: { readonly connections: readonly Redis[]; readonly clock: ServerClock; listens: boolean }[] = [];
  let closed = false;

  return {
    observations,
    add({ name: node, url }) {
      const options = { retryStrategy: () => retryMs, maxRetriesPerRequest: 0, commandTimeout: answersWithinMs };
      const reader = new Redis(url, options);
      const subscriber = reader.duplicate({ autoResubscribe: false });
      const clock = createServerClock();
      const own = { connections: [reader, subscriber], clock, listens: false };
      watched.push(own);
      for (const connection of own.connections) connection.on('error', () => {}); // `close` follows
      reader.on('ready', () => {
        synchronize(clock, () => readTimeMs(reader)).catch(() => {}); // lost again; ioredis reconnects
      });
      subscriber.on('ready', () => {
        own.listens = false;
        listen(subscriber, userIds).then(
          () => (own.listens = true),
          () => {}, // lost again; ioredis reconnects
        );
      });
      subscriber.on('close', () => {
        if (own.listens && !closed) observations.push({ atMs: performance.now(), node, saw: 'lost' });
        own.listens = false;
      });
      subscriber.on('pmessage', (_pattern: string, channel: string, event: string) => {
        const atMs = performance.now();
        const key = channel.slice(channel.indexOf(':') + 1);
        if (event === 'del') observations.push({ atMs, node, key, saw: 'deleted' });
        else if (event === 'expired') observations.push({ atMs, node, key, saw: 'expired' });
        else if (event === 'set' || event === 'expire') {
          readLock(reader, clock, key).then(
            (seen) => seen && observations.push({ atMs, node, key, saw: 'taken', ...seen }),
            () => {}, // the server is gone, and the key with it
          );
        }
      });
    },
    async untilListening(withinMs) {
      const areListening = () =>
        watched.every(({ listens, clock }) => listens && clock.errorMs < Number.POSITIVE_INFINITY);
      await until('the watch listens to every server', areListening, { withinMs, everyMs: 5 }).catch(() => {}); // one may be down
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const { connections } of watched) for (const connection of connections) connection.disconnect();
    },
  };
}

const retryMs = 10;
/** Only a server that is away takes that long; what it answers later is still dated by its own clock. */
const answersWithinMs = 30_000;

/** Also enables notifications, because a restarted server has lost that setting. */
async function listen(subscriber: Redis, userIds: readonly number[]): Promise<void> {
  await subscriber.config('SET', 'notify-keyspace-events', 'K$gx');
  await subscriber.psubscribe(...userIds.map((id) => `__keyspace@0__:PAYMENT_${id}_*`));
}

async function readTimeMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1000 + Number(micros) / 1000;
}

/** @returns the holder and the expiry; also the time of the grant if the value ends in the TTL. */
async function readLock(
  redis: Redis,
  clock: ServerClock,
  key: string,
): Promise<Pick<LockObservation, 'value' | 'sinceMs' | 'untilMs'> | undefined> {
  const askedAtMs = performance.now();
  // ioredis sends all of them together, so that the time left is counted from the server's time and not from the answer's.
  const [serverMs, found, leftMs] = await Promise.all([readTimeMs(redis), redis.get(key), redis.pttl(key)]);
  clock.observe(serverMs, askedAtMs, performance.now());
  if (found === null || leftMs <= 0) return undefined;
  const value = found.replace(/\+$/, ''); // without the mark that others wait, which is set later
  const untilMs = clock.toLocalMs(serverMs + leftMs);
  const ttlMs = /^[^:]+:\d+:(\d+)$/.exec(value)?.[1];
  return { value, untilMs, ...(ttlMs !== undefined && { sinceMs: untilMs - Number(ttlMs) }) };
}
