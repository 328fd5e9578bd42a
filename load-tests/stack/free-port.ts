import { createServer } from 'node:net';

/**
 * Below the range from which kernels take the ports of outgoing connections (Linux 32768, others 49152). A port that is
 * free now may be taken from that range by a connection of the load, before a restarted instance wants it again.
 */
const range = { from: 15_000, to: 32_000 };
const handedOut = new Set<number>();

/** @returns a port of 127.0.0.1 that is free now, and that no other call in this process gets. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 1000; tries++) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from));
    if (handedOut.has(port) || !(await isFree(port))) continue;
    handedOut.add(port);
    return port;
  }
  throw new Error(`no port from ${range.from} to ${range.to} is free on 127.0.0.1`);
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
      const isTaken = error instanceof Error && /address already in use|EADDRINUSE/i.test(error.message);
      if (left <= 1 || !isTaken) throw error;
    }
  }
}
