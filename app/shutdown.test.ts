import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, Server as NetServer } from 'node:net';
import type { Knex } from 'knex';
import pino from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createInFlight } from './http/in-flight.ts';
import type { LockModes } from './lock-modes/index.ts';
import { createShutdown } from './shutdown.ts';

const drainMs = 20;
const lingerMs = 100; // as in the module

/** Stops this process for so long, in the middle of what it is doing: no timer fires, and nothing that arrives is read. */
const stall = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

async function startServer() {
  const log = pino({ level: 'silent' });
  const shutdown = createShutdown({ log, drainMs, withinMs: 600_000, inFlight: createInFlight() });
  const server = createServer((_req, res) => res.end(shutdown.isDraining() ? 'draining' : 'served'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const shutDown = shutdown.prepare({
    ...{ server, jobs: { stop: async () => {} }, modes: {} as LockModes, lab: undefined, redis: [] },
    db: { destroy: async () => {} } as Knex,
  });
  return { server, shutDown };
}

/** @returns what opens a connection, sends a request on it, and has heard so far. */
function clientOf(server: Server) {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let heard = '';
  socket.on('data', (data) => (heard += data)).on('error', ({ message }) => (heard += message));
  onTestFinished(() => void socket.destroy());
  return {
    send: () => void socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n'),
    heard: () => heard,
  };
}

test('a stall during the drain costs none of the connections that are opened meanwhile', async () => {
  const { server, shutDown } = await startServer();
  const clients = Array.from({ length: 50 }, () => clientOf(server));
  for (const { send } of clients) send();
  const exitCode = shutDown('SIGTERM');
  process.nextTick(stall, 2 * drainMs); // by then the system has the connections, and this process does not
  expect(await exitCode).toBe(0);
  for (const { heard } of clients) await expect.poll(heard).toMatch(/draining$/);
});

test('a stall costs no request that arrives on an idle connection meanwhile', async () => {
  const { server, shutDown } = await startServer();
  const { send, heard } = clientOf(server);
  send();
  await expect.poll(heard).toMatch(/served$/);
  const { close } = NetServer.prototype;
  const listens = vi.spyOn(NetServer.prototype, 'close').mockImplementationOnce(function (this: NetServer) {
    setImmediate(() => {
      send();
      stall(2 * lingerMs);
    });
    return close.call(this);
  });
  onTestFinished(() => listens.mockRestore());
  expect(await shutDown('SIGTERM')).toBe(0);
  await expect.poll(heard).toMatch(/draining$/);
});
