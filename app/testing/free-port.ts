import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Below the range of ports for outgoing connections (from 32768 on Linux, 49152 elsewhere): a connection of the load must
 * not take the port of an instance that is being restarted.
 */
const range = { from: 15_000, to: 32_000 };
const total = range.to - range.from;
/** Each process begins elsewhere, so that none takes the port of an instance that another one is restarting. */
const first = (process.pid * 100) % total;
let handedOut = 0;

/** @returns a free port of 127.0.0.1 that no other call returns, in any process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = range.from + ((first + handedOut++) % total);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${range.from} to ${range.to} is free on 127.0.0.1`);
}

/**
 * Reserves a port by taking the UDP port of the same number, which no server here uses, until this process ends. Other
 * processes then skip it, although nothing listens on it yet.
 *
 * @returns false if another process has it.
 */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4').unref();
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true));
  });
}

/** @returns whether a server could listen on the port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Number of ports that are tried. */
const tries = 3;

/**
 * Starts something on a free port; on `preferred`, if that is free. If another program takes the port before the start, it
 * tries another one.
 *
 * @throws what `start` throws, unless that says that the port is taken.
 */
export async function onFreePort<T>(start: (port: number) => Promise<T>, preferred?: number): Promise<T> {
  for (let left = tries; ; left--) {
    const isFirst = left === tries;
    const port = isFirst && preferred !== undefined && (await isFree(preferred)) ? preferred : await freePort();
    try {
      return await start(port);
    } catch (error) {
      if (left <= 1 || !saysTaken(error)) throw error;
    }
  }
}

/** Milliseconds before a taken port is tried again. */
const usualPausesMs: readonly number[] = [250, 1000];

/**
 * Starts something on its previous port. If another program has taken that, perhaps for a moment only, it tries twice more.
 *
 * @throws what `start` throws; if the port stays taken, an error that names it.
 */
export async function onSamePort<T>(
  start: (port: number) => Promise<T>,
  port: number,
  pausesMs = usualPausesMs,
): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await start(port);
    } catch (error) {
      if (!saysTaken(error)) throw error;
      const waitMs = pausesMs[tried];
      if (waitMs === undefined) {
        const what = `Port ${port} of 127.0.0.1 was free and is taken now: end that program, or start again`;
        throw new Error(`${what}. ${error.message}`, { cause: error });
      }
      await sleep(waitMs);
    }
  }
}

function saysTaken(error: unknown): error is Error {
  return error instanceof Error && /address already in use|EADDRINUSE/i.test(error.message);
}
