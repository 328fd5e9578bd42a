import { Redis } from 'ioredis';
import { until } from '../../../app/testing/until.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';

/** What was seen of a lock's key on one Redis. */
export interface LockObservation {
  /** When it was noticed. Moments are of this process's monotonic clock. */
  readonly atMs: number;
  readonly node: string;
  /** Absent when it is all of the node's keys: it was lost. */
  readonly key?: string;
  /** `taken`: there is a holder, new or renewed. */
  readonly saw: 'taken' | 'deleted' | 'expired' | 'lost';
  /** What the key holds: the holder's id, or the same for everybody in the naive mode. */
  readonly value?: string;
  /** Since when it has been there, if that is known better than by when it was noticed. */
  readonly sinceMs?: number;
  /** When its TTL will be over. */
  readonly untilMs?: number;
}

/** Watches the locks of a few users, on as many Redis servers as it is told. */
export interface LockWatch extends AsyncDisposable {
  readonly observations: readonly LockObservation[];
  add(server: Pick<RedisServer, 'name' | 'url'>): void;
  /** Waits until every server is listened to, again after a restart too, or the time is over. */
  untilListening(withinMs: number): Promise<void>;
}

/**
 * Redis tells by itself what becomes of a key (https://redis.io/docs/latest/develop/pubsub/keyspace-notifications/). No
 * holder is asked: what a paused one thinks of its lease is not what is to be seen.
 */
export function watchLocks(userIds: readonly number[]): LockWatch {
  const observations: LockObservation[] = [];
  const watched: { readonly connections: readonly Redis[]; listens: boolean }[] = [];
  let closed = false;

  return {
    observations,
    add({ name: node, url }) {
      const asking = new Redis(url, { retryStrategy: () => retryMs, maxRetriesPerRequest: 0, commandTimeout: 500 });
      const subscriber = asking.duplicate({ autoResubscribe: false });
      const own = { connections: [asking, subscriber], listens: false };
      watched.push(own);
      for (const connection of own.connections) connection.on('error', () => {}); // `close` follows
      subscriber.on('ready', () => {
        own.listens = false;
        listen(subscriber, userIds).then(
          () => (own.listens = true),
          () => {}, // lost again: it comes back by itself
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
          look(asking, key).then(
            (seen) => seen && observations.push({ atMs, node, key, saw: 'taken', ...seen }),
            () => {}, // the server is gone, and the key with it
          );
        }
      });
    },
    async untilListening(withinMs) {
      const areListening = () => watched.every(({ listens }) => listens);
      await until('every server is listened to', areListening, { withinMs, everyMs: 5 }).catch(() => {}); // one may be down
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (const { connections } of watched) for (const connection of connections) connection.disconnect();
    },
  };
}

const retryMs = 10;

/** A server that has restarted does not know any more that it is to tell. */
async function listen(subscriber: Redis, userIds: readonly number[]): Promise<void> {
  await subscriber.config('SET', 'notify-keyspace-events', 'K$gx');
  await subscriber.psubscribe(...userIds.map((id) => `__keyspace@0__:PAYMENT_${id}_*`));
}

/**
 * @returns who holds the lock and until when. Since when, a value tells that ends in its TTL; this process may have been too
 * busy to notice it then.
 */
async function look(
  redis: Redis,
  key: string,
): Promise<Pick<LockObservation, 'value' | 'sinceMs' | 'untilMs'> | undefined> {
  const askedAtMs = performance.now();
  const [value, leftMs] = await Promise.all([redis.get(key), redis.pttl(key)]); // in one go: ioredis sends them together
  if (value === null || leftMs <= 0) return undefined;
  const untilMs = (askedAtMs + performance.now()) / 2 + leftMs;
  const ttlMs = /^[^:]+:\d+:(\d+)$/.exec(value)?.[1];
  return { value, untilMs, ...(ttlMs !== undefined && { sinceMs: untilMs - Number(ttlMs) }) };
}
