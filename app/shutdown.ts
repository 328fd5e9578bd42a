import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { InFlight } from './http/in-flight.ts';
import type { Jobs } from './jobs/index.ts';
import type { LockModes } from './lock-modes/index.ts';
import type { RedisConnection } from './redis/connection.ts';

interface Closing {
  readonly server: Server;
  readonly jobs: Pick<Jobs, 'stop'>;
  readonly modes: LockModes;
  /** Closed after all work: it still sends to Redis. */
  readonly lab: { close(): Promise<void> } | undefined;
  /** Every connection to a Redis. */
  readonly redis: readonly RedisConnection[];
  readonly db: Knex;
}

export interface Shutdown {
  /** True once the process shuts down: it accepts no new work. */
  isDraining(): boolean;
  /** Aborts when draining starts: ends answers that would not end by themselves, such as streams. */
  readonly ending: AbortSignal;
  /**
   * Prepares the server for it.
   *
   * @returns what shuts the instance down, once. It resolves to the process's exit code: 0 if all work finished, 1 if some
   *   was cut off.
   */
  prepare(closing: Closing): (signal: string) => Promise<number>;
}

/** How long idle connections stay open, to answer a request that the proxy has just sent on one of them. */
const lingerMs = 100;
/** How many connections the system keeps for this process, by Node's default. It accepts one in a turn of its event loop. */
const backlog = 511;
/** How long pools may take to close once they are idle. */
const closeMs = 2000;

export interface ShutdownOptions {
  readonly log: Logger;
  /** How long to go on listening, in milliseconds, while readiness fails and proxies learn of it. */
  readonly drainMs: number;
  /** How long requests in flight may take to finish. */
  readonly withinMs: number;
  readonly inFlight: InFlight;
}

export function createShutdown({ log, drainMs, withinMs, inFlight }: ShutdownOptions): Shutdown {
  let draining = false;
  const ending = new AbortController();
  const unanswered = new Set<ServerResponse>();

  /** While draining, each answer closes its connection, so that the proxy sends its next request elsewhere. */
  function closeAfterAnswers(server: Server): void {
    server.prependListener('request', (_req, res: ServerResponse) => {
      if (draining) res.setHeader('Connection', 'close');
      unanswered.add(res);
      res.once('close', () => unanswered.delete(res));
    });
  }

  /** Waits for the work, too, of requests whose clients have gone: some may begin only while others end. */
  async function allDone(): Promise<void> {
    do {
      for (const res of unanswered) if (!res.closed) await once(res, 'close');
      await inFlight.idle();
    } while (unanswered.size > 0);
  }

  /** Waits, then takes what has arrived: after a stall of this process, timers run before that. */
  async function listenFor(ms: number): Promise<void> {
    await sleep(ms);
    for (let turn = 0; turn < backlog; turn++) await nextTurn();
  }

  async function drain({ server, jobs, modes, lab, redis, db }: Closing): Promise<number> {
    const stopped = jobs.stop(); // first, so that another instance takes over
    await listenFor(drainMs);
    // Connections that the system has accepted and this process has not are reset by the next line: by now, no proxy opens
    // any. Closes the listening socket only: http.Server's close would also end idle connections at once.
    NetServer.prototype.close.call(server);
    await listenFor(Math.min(lingerMs, withinMs));
    server.closeIdleConnections();
    const finished = await Promise.race([
      Promise.all([allDone(), stopped]).then(() => true),
      sleep(withinMs).then(() => false),
    ]);
    if (!finished) log.warn({ inFlight: inFlight.count }, `cut off work not finished within ${withinMs} ms`);
    server.closeAllConnections(); // including those that never sent a request
    await Promise.race([
      Promise.all([lab?.close(), ...Object.values(modes).map((mode) => mode.close())]).then(() =>
        Promise.all([...redis.map((node) => node.quit().catch(() => node.disconnect())), db.destroy()]),
      ),
      sleep(closeMs),
    ]);
    return finished ? 0 : 1;
  }

  function begin(signal: string, closing: Closing): Promise<number> {
    draining = true;
    ending.abort();
    for (const res of unanswered) if (!res.headersSent) res.setHeader('Connection', 'close');
    log.info({ signal, inFlight: inFlight.count }, 'shutting down');
    return drain(closing).catch((error: unknown) => {
      log.error({ err: error }, 'shutdown failed');
      return 1;
    });
  }

  return {
    isDraining: () => draining,
    ending: ending.signal,
    prepare(closing) {
      closeAfterAnswers(closing.server);
      let code: Promise<number> | undefined;
      return (signal) => {
        code ??= begin(signal, closing);
        return code;
      };
    },
  };
}
