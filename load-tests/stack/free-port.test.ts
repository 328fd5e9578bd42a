import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, isFree, onFreePort } from './free-port.ts';

test('a port is never handed out twice, and lies below those of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(new Set(ports).size).toBe(200);
  expect(ports.every((port) => port >= 15_000 && port < 32_000)).toBe(true);
});

test('a port that somebody listens on is not free', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});

test('a start that lost its port to somebody else is tried again on another, three times at most', async () => {
  const tried: number[] = [];
  const lose = async (port: number) => {
    tried.push(port);
    throw new Error('bind: Address already in use');
  };
  await expect(onFreePort(lose)).rejects.toThrow('already in use');
  expect(new Set(tried).size).toBe(3);
  await expect(onFreePort(() => Promise.reject(new Error('out of memory')))).rejects.toThrow('out of memory');
});
