import knex, { type Knex } from 'knex';
import type { Connection, RowDataPacket } from 'mysql2';
import { type DatabaseAddress, readMysqlAddress } from './mysql-url.ts';

export interface DatabaseOptions extends DatabaseAddress {
  readonly poolMax: number;
  /** How long to wait for a connection, new or from the pool, in milliseconds. */
  readonly timeoutMs: number;
  /** Receives the pool's messages. The caller that needed the connection also gets an error. */
  readonly say: (message: string) => void;
  /** Receives what an operator should know: that the server has changed, or takes no writes. */
  readonly warn?: (message: string) => void;
}

/** Minimum time between two calls of {@link leaveServer} that have an effect, in milliseconds. */
const leaveEveryMs = 250;

/**
 * Opens a pool of connections to MySQL or MariaDB. The caller destroys it. When a new connection reaches another server
 * than those before it, they are replaced: one pool on two servers would read on one what was changed on the other.
 *
 * @throws {UrlError}
 */
export function openDatabase({ poolMax, timeoutMs, say, warn = say, ...address }: DatabaseOptions): Knex {
  /** Connections of an earlier generation are not used again. */
  let generation = 0;
  let server: string | undefined;
  let leftAt = Number.NEGATIVE_INFINITY;
  const generationOf = new WeakMap<Connection, number>();

  function join(connection: Connection, reached: string): void {
    if (server !== undefined && server !== reached) {
      generation += 1;
      warn(`the database is another server now: ${reached}, before ${server}`);
    }
    server = reached;
    generationOf.set(connection, generation);
  }

  function leave(): void {
    const now = performance.now();
    if (now - leftAt < leaveEveryMs) return;
    leftAt = now;
    generation += 1;
    warn('the database takes no writes: opening other connections');
  }

  return knex({
    client: 'mysql2',
    connection: {
      ...(readMysqlAddress(address) as object),
      connectTimeout: timeoutMs,
      // Safe as doubles: amounts and sums are minor units far below 2^53.
      decimalNumbers: true,
    },
    acquireConnectionTimeout: timeoutMs,
    // min 0: connections that died with a restarted server are dropped at their next use, not renewed.
    pool: {
      min: 0,
      max: poolMax,
      validate: (connection: Connection) => generationOf.get(connection) === generation,
      // The server must give up waiting for a row or a table before this process does. Otherwise the statement could
      // still be carried out after its lock was released and a rival admitted.
      afterCreate: (connection: Connection, done: (error: Error | null) => void) => {
        keepListening(connection);
        const refuse = (error: Error): void => {
          connection.destroy(); // the pool does not know it yet, and would leave it open
          done(error);
        };
        const seconds = Math.max(1, Math.ceil(timeoutMs / 1000) - 1);
        // UTC, because local times repeat or are skipped when daylight saving changes: leases and orders depend on them.
        const waits = `innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`;
        connection.query(`SET SESSION ${waits}, time_zone = '+00:00'`, (refused) => {
          if (refused) return refuse(refused);
          connection.query<ServerRow[]>(serverSql, (error, rows) => {
            if (error) return refuse(error);
            join(connection, rows[0]?.server ?? '');
            done(null);
          });
        });
      },
    },
    log: {
      warn: (message: string) => say(String(message)),
      error: (message: string) => say(String(message)),
      debug() {},
      deprecate() {},
    },
  }).withUserParams({ leave });
}

/**
 * Has a connection heard for good. Knex takes off all listeners once it has said goodbye. If the server has vanished, the
 * socket stays open, and reports that a quarter of an hour later: an error that nobody heard would end this process.
 */
function keepListening(connection: Connection): void {
  const removeAllListeners = connection.removeAllListeners.bind(connection);
  connection.removeAllListeners = (...event) => removeAllListeners(...event).on('error', () => {});
}

/**
 * Replaces every connection of the pool before its next use: the server takes no writes, and new connections may reach one
 * that does. Limited in rate: the address may lead to the same server for a while.
 *
 * @param db as {@link openDatabase} opens it.
 */
export function leaveServer({ userParams }: Knex): void {
  userParams.leave?.();
}

interface ServerRow extends RowDataPacket {
  server: string;
}

const serverSql = "SELECT CONCAT_WS(' ', @@hostname, @@port, @@server_id) AS server";
