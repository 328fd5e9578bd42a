import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Below the range from which kernels take the ports of outgoing connections (Linux 32768, others 49152). A port that is
 * free now may be taken from that range by a connection of the load, before a restarted instance wants it again.
 */
const range = { from: 15_000, to: 32_000 };
const total = range.to - range.from;
/** Stacks of several processes: each begins elsewhere, so that none takes the port of an instance that another one restarts. */
const first = (process.pid * 100) % total;
let handedOut = 0;

/** @returns a port of 127.0.0.1 that is free now, and that no other call gets, in whichever process. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = range.from + ((first + handedOut++) % total);
    if ((await reserve(port)) && (await isFree(port))) return port;
  }
  throw new Error(`no port from ${range.from} to ${range.to} is free on 127.0.0.1`);
}

/**
 * Takes the UDP port of the same number, which no server here uses, until this process ends: other processes that look for
 * a port skip it, although nothing listens on it yet.
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

/** How many ports are tried. */
const tries = 3;

/**
 * Starts something on a free port, on `preferred` if that is one. Between the look and the start another program may take
 * the port, such as a second stack: then it tries another one.
 *
 * @throws what `start` throws, unless it says that the port is taken.
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

/** How long to wait before a taken port is tried again. */
const beforeTryMs = [250, 1000];

/**
 * Starts something on the port that it had before. If another program has taken it meanwhile, perhaps only
 * to look for a free one, it is tried again, twice.
 *
 * @throws what `start` throws; when the port stays taken, an error that names it.
 */
export async function onSamePort<T>(start: (port: number) => Promise<T>, port: number): Promise<T> {
  for (let tried = 0; ; tried++) {
    try {
      return await start(port);
    } catch (error) {
      if (!saysTaken(error)) throw error;
      const waitMs = beforeTryMs[tried];
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
