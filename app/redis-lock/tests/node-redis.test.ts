import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type NodeRedis, nodeRedisClient } from '../adapters/node-redis.ts';
import { createRedisLock } from '../src/redis-lock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A client of the package `redis` that does what a test says. */
class FakeNodeRedis extends EventEmitter implements NodeRedis {
  isReady = false;
  readonly isOpen = true;
  readonly duplicates: FakeNodeRedis[] = [];
  readonly destroy = vi.fn();
  readonly subscribe = vi.fn(async () => {});
  readonly connect = vi.fn(async () => {});
  readonly sendCommand = vi.fn<NodeRedis['sendCommand']>(async () => 'OK');

  duplicate(): FakeNodeRedis {
    const copy = new FakeNodeRedis();
    this.duplicates.push(copy);
    return copy;
  }

  /** Connects, and lets what follows from it happen. */
  async becomeReady(): Promise<void> {
    this.emit('connect');
    this.isReady = true;
    this.emit('ready');
    await vi.advanceTimersByTimeAsync(0);
  }
}

function subscribed() {
  const client = new FakeNodeRedis();
  const subscriber = { onUp: vi.fn(), onDown: vi.fn(), onMessage: vi.fn() };
  const subscription = nodeRedisClient(client).subscribe('channel', subscriber);
  return { client, subscriber, subscription };
}

test('a subscription that is closed while it connects is closed again once it has a socket', async () => {
  const { client, subscriber, subscription } = subscribed();
  subscription.close();
  const [connection] = client.duplicates;
  expect(connection?.destroy).toHaveBeenCalledTimes(1);
  connection?.emit('connect');
  expect(connection?.destroy).toHaveBeenCalledTimes(2);
  expect(subscriber.onUp).not.toHaveBeenCalled();
});

test('a subscription whose client gives up is replaced', async () => {
  const { client, subscriber, subscription } = subscribed();
  await client.duplicates[0]?.becomeReady();
  expect(subscriber.onUp).toHaveBeenCalledTimes(1);
  client.duplicates[0]?.emit('terminated');
  expect(subscriber.onDown).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(client.duplicates[0]?.destroy).toHaveBeenCalledTimes(1);
  await client.duplicates[1]?.becomeReady();
  expect(subscriber.onUp).toHaveBeenCalledTimes(2);
  client.duplicates[1]?.emit('terminated');
  subscription.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(client.duplicates).toHaveLength(2);
});

test('a refused subscription is tried again, less and less often', async () => {
  const { client, subscriber, subscription } = subscribed();
  const [connection] = client.duplicates;
  connection?.subscribe.mockRejectedValue(new Error('NOPERM'));
  await connection?.becomeReady();
  await vi.advanceTimersByTimeAsync(7000);
  expect(connection?.subscribe).toHaveBeenCalledTimes(4); // at once, and after 1, 2 and 4 s
  connection?.subscribe.mockResolvedValue(undefined);
  await vi.advanceTimersByTimeAsync(8000);
  expect(subscriber.onUp).toHaveBeenCalledTimes(1);
  subscription.close();
});

test('acquires without tokens if the type mapping has strings as Buffers', async () => {
  const client = new FakeNodeRedis();
  client.sendCommand.mockResolvedValue(Buffer.from('OK'));
  const { outcome } = await createRedisLock(nodeRedisClient(client), { fencing: false }).acquire('k');
  expect(outcome).toBe('acquired');
});

test('keeps the order of its requests on a client that puts commands in front of others', async () => {
  const client = new FakeNodeRedis();
  await createRedisLock(nodeRedisClient(client)).acquire('k');
  expect(client.sendCommand).toHaveBeenCalledWith(expect.arrayContaining(['EVALSHA']), { asap: false });
});

test('rejects a client with a keyPrefix', () => {
  const client = Object.assign(new FakeNodeRedis(), { options: { keyPrefix: 'app:' } });
  expect(() => nodeRedisClient(client)).toThrow(TypeError);
});

test('rejects a pool', () => {
  const pool = { sendCommand: async () => 'OK', isOpen: true };
  expect(() => nodeRedisClient(pool as unknown as NodeRedis)).toThrow(/no pool/);
});
