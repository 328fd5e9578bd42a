import knex, { type Knex } from 'knex';
import type { Connection } from 'mysql2';

export interface DatabaseOptions {
  readonly url: string;
  readonly poolMax: number;
  /** How long to wait for a connection, new or from the pool, in milliseconds. */
  readonly timeoutMs: number;
  /** Receives the pool's messages. The caller that needed the connection also gets an error. */
  readonly say: (message: string) => void;
}

/** Opens a pool of connections to MySQL or MariaDB. The caller destroys it. */
export function openDatabase({ url, poolMax, timeoutMs, say }: DatabaseOptions): Knex {
  const { hostname, port, username, password, pathname } = new URL(url);
  return knex({
    client: 'mysql2',
    connection: {
      host: hostname.replace(/^\[(.*)\]$/, '$1'), // IPv6
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      connectTimeout: timeoutMs,
      // Safe as doubles: amounts and sums are minor units far below 2^53.
      decimalNumbers: true,
    },
    acquireConnectionTimeout: timeoutMs,
    // min 0: connections that died with a restarted server are dropped at their next use, not renewed.
    pool: {
      min: 0,
      max: poolMax,
      // The server must give up waiting for a row or a table before this process does. Otherwise the statement could
      // still be carried out after its lock was released and a rival admitted.
      afterCreate: (connection: Connection, done: (error: Error | null) => void) => {
        const seconds = Math.max(1, Math.ceil(timeoutMs / 1000) - 1);
        // UTC, because local times repeat or are skipped when daylight saving changes: leases and orders depend on them.
        const waits = `innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`;
        connection.query(`SET SESSION ${waits}, time_zone = '+00:00'`, done);
      },
    },
    log: {
      warn: (message: string) => say(String(message)),
      error: (message: string) => say(String(message)),
      debug() {},
      deprecate() {},
    },
  });
}
