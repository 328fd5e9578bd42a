import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { InFlight } from './http/in-flight.ts';
import type { LockModes } from './lock-modes/index.ts';

export interface Closing {
  readonly server: Server;
  readonly modes: LockModes;
  readonly redis: Redis;
  readonly db: Knex;
}

export interface Shutdown {
  /** Once true, it stays so: no new work is wanted here. */
  isDraining(): boolean;
  /** Ends the process on SIGTERM or SIGINT: exit 0 when all work was finished, 1 when some had to be cut off. */
  onSignal(closing: Closing): void;
}

/** How long a proxy's idle connections stay open, so that what it has just sent on one of them is still answered. */
const lingerMs = 100;
/** How long pools may take to close once nothing uses them. */
const closeMs = 2000;

export function createShutdown({
  log,
  withinMs,
  inFlight,
}: {
  log: Logger;
  withinMs: number;
  inFlight: InFlight;
}): Shutdown {
  let draining = false;

  async function drain({ server, modes, redis, db }: Closing): Promise<number> {
    // Closes the listening socket only; Node would close idle connections in the same breath.
    const closed = new Promise((resolve) => server.close(resolve));
    await sleep(Math.min(lingerMs, withinMs));
    server.closeIdleConnections();
    const finished = await Promise.race([
      Promise.all([closed, inFlight.idle()]).then(() => true),
      sleep(withinMs).then(() => false),
    ]);
    if (!finished) {
      log.warn({ inFlight: inFlight.count }, `not finished within ${withinMs} ms: cut off`);
      server.closeAllConnections();
    }
    await Promise.race([
      Promise.all(Object.values(modes).map((mode) => mode.close())).then(() =>
        Promise.all([redis.quit(), db.destroy()]),
      ),
      sleep(closeMs),
    ]);
    return finished ? 0 : 1;
  }

  return {
    isDraining: () => draining,
    onSignal(closing) {
      const stop = (signal: NodeJS.Signals) => {
        if (draining) return;
        draining = true;
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
