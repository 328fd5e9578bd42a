import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, isFree, onFreePort, onSamePort } from './free-port.ts';

test('a port is never handed out twice, and lies below those of outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 200 }, freePort));
  expect(new Set(ports).size).toBe(200);
  expect(ports.every((port) => port >= 15_000 && port < 32_000)).toBe(true);
});

test('a port with a listener is not free', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});

test('tries a start on up to three ports if they are taken', async () => {
  const tried: number[] = [];
  const lose = async (port: number) => {
    tried.push(port);
    throw new Error('bind: Address already in use');
  };
  await expect(onFreePort(lose)).rejects.toThrow('already in use');
  expect(new Set(tried).size).toBe(3);
  await expect(onFreePort(() => Promise.reject(new Error('out of memory')))).rejects.toThrow('out of memory');
});

test('retries a start on its old port, then names the port', async () => {
  let tries = 0;
  const lose = async (port: number) => {
    if (++tries < 3) throw new Error(`listen EADDRINUSE: address already in use 127.0.0.1:${port}`);
    return port;
  };
  expect(await onSamePort(lose, 12_345, [0, 0])).toBe(12_345);
  tries = Number.NEGATIVE_INFINITY;
  await expect(onSamePort(lose, 12_345, [0, 0])).rejects.toThrow(/^Port 12345 of 127.0.0.1 .* EADDRINUSE/);
  await expect(onSamePort(() => Promise.reject(new Error('out of memory')), 1)).rejects.toThrow(/^out of memory/);
});

test('gives a port to one caller, in whichever process', async () => {
  const own = await Promise.all([freePort(), freePort()]);
  expect(new Set(own).size).toBe(2);
  // A process with the same number, and so with the same first port.
  const module = new URL('free-port.ts', import.meta.url).href;
  const elsewhere = `Object.defineProperty(process, 'pid', { value: ${process.pid} });
    import(${JSON.stringify(module)}).then(async ({ freePort }) => console.log(await freePort()));`;
  const port = Number(execFileSync(process.execPath, ['--import', 'tsx', '--eval', elsewhere], { encoding: 'utf8' }));
  expect(own).not.toContain(port);
  expect(port).toBeGreaterThan(0);
});
