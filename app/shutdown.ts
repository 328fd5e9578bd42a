import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { InFlight } from './http/in-flight.ts';
import type { Jobs } from './jobs/index.ts';
import type { LockModes } from './lock-modes/index.ts';

interface Closing {
  readonly server: Server;
  readonly jobs: Pick<Jobs, 'stop'>;
  readonly modes: LockModes;
  /** What has still something to send to Redis when all work is done. */
  readonly lab: { close(): Promise<void> } | undefined;
  /** Every connection to a Redis. */
  readonly redis: readonly Redis[];
  readonly db: Knex;
}

export interface Shutdown {
  /** Once true, it stays so: no new work is wanted here. */
  isDraining(): boolean;
  /** Aborts at the same moment: for answers that would not end by themselves. */
  readonly ending: AbortSignal;
  /** Ends the process on SIGTERM or SIGINT: exit 0 when all work was finished, 1 when some had to be cut off. */
  onSignal(closing: Closing): void;
}

/** How long a proxy's idle connections stay open, so that what it has just sent on one of them is still answered. */
const lingerMs = 100;
/** How long pools may take to close once nothing uses them. */
const closeMs = 2000;

export interface ShutdownOptions {
  readonly log: Logger;
  /** How long work in flight may take to finish. */
  readonly withinMs: number;
  readonly inFlight: InFlight;
}

export function createShutdown({ log, withinMs, inFlight }: ShutdownOptions): Shutdown {
  let draining = false;
  const ending = new AbortController();
  const unanswered = new Set<ServerResponse>();

  /** While draining, each answer ends its connection, so that a proxy takes its next request elsewhere. */
  function closeAfterAnswers(server: Server): void {
    server.prependListener('request', (_req, res: ServerResponse) => {
      if (draining) res.setHeader('Connection', 'close');
      unanswered.add(res);
      res.once('close', () => unanswered.delete(res));
    });
  }

  async function allAnswered(): Promise<void> {
    for (const res of unanswered) if (!res.closed) await once(res, 'close');
  }

  async function drain({ server, jobs, modes, lab, redis, db }: Closing): Promise<number> {
    const stopped = jobs.stop(); // at once: another instance can run them
    // Closes the listening socket only: http.Server's own close would end idle connections in the same breath.
    NetServer.prototype.close.call(server);
    await sleep(Math.min(lingerMs, withinMs));
    server.closeIdleConnections();
    const finished = await Promise.race([
      Promise.all([inFlight.idle(), allAnswered(), stopped]).then(() => true),
      sleep(withinMs).then(() => false),
    ]);
    if (!finished) log.warn({ inFlight: inFlight.count }, `not finished within ${withinMs} ms: cut off`);
    server.closeAllConnections(); // also those on which nobody has ever asked for anything
    await Promise.race([
      Promise.all([lab?.close(), ...Object.values(modes).map((mode) => mode.close())]).then(() =>
        Promise.all([...redis.map((node) => node.quit().catch(() => node.disconnect())), db.destroy()]),
      ),
      sleep(closeMs),
    ]);
    return finished ? 0 : 1;
  }

  return {
    isDraining: () => draining,
    ending: ending.signal,
    onSignal(closing) {
      closeAfterAnswers(closing.server);
      const stop = (signal: NodeJS.Signals) => {
        if (draining) return;
        draining = true;
        ending.abort();
        for (const res of unanswered) if (!res.headersSent) res.setHeader('Connection', 'close');
        log.info({ signal, inFlight: inFlight.count }, 'shutting down');
        drain(closing).then(
          (code) => process.exit(code),
          (error: unknown) => {
            log.error({ err: error }, 'the shutdown failed');
            process.exit(1);
          },
        );
      };
      process.on('SIGTERM', stop);
      process.on('SIGINT', stop);
    },
  };
}
