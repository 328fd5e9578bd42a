import { EventEmitter } from 'node:events';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { IoredisClient } from '../adapters/ioredis.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** An ioredis connection that does what a test says. */
class FakeIoredis extends EventEmitter {
  status = 'wait';
  readonly duplicates: FakeIoredis[] = [];
  readonly connect = vi.fn(() => Promise.reject(new Error('Connection is closed.')));
  readonly disconnect = vi.fn();
  readonly subscribe = vi.fn(async () => {});

  /** Makes a command and sends it, as ioredis does. */
  call(name: string): void {
    this.sendCommand({ name });
  }

  sendCommand(_command: object): void {}

  duplicate(): FakeIoredis {
    const copy = new FakeIoredis();
    this.duplicates.push(copy);
    return copy;
  }

  async become(status: 'ready' | 'end'): Promise<void> {
    this.status = status;
    if (status === 'end') this.emit('close');
    this.emit(status);
    await vi.advanceTimersByTimeAsync(0);
  }
}

test('a subscription whose connection gives up connects again', async () => {
  const redis = new FakeIoredis();
  const subscriber = { onUp: vi.fn(), onDown: vi.fn(), onMessage: vi.fn() };
  const subscription = new IoredisClient(redis as unknown as Redis).subscribe('channel', subscriber);
  const [connection] = redis.duplicates;
  await connection?.become('ready');
  expect(subscriber.onUp).toHaveBeenCalledTimes(1);
  await connection?.become('end'); // its retryStrategy returned null
  expect(subscriber.onDown).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1000);
  expect(connection?.connect).toHaveBeenCalledTimes(1);
  await connection?.become('end');
  await vi.advanceTimersByTimeAsync(1000);
  expect(connection?.connect).toHaveBeenCalledTimes(2);
  await connection?.become('ready');
  expect(subscriber.onUp).toHaveBeenCalledTimes(2);
  subscription.close();
  await connection?.become('end');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(connection?.connect).toHaveBeenCalledTimes(2);
});
