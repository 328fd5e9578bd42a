import knex, { type Knex } from 'knex';
import type { Connection } from 'mysql2';

export interface DatabaseOptions {
  readonly url: string;
  readonly poolMax: number;
  /** How long to wait for a connection, new or from the pool. */
  readonly timeoutMs: number;
  /** Told what the pool has to say of each connection: whoever asked for one is told as well, by an error. */
  readonly say: (message: string) => void;
}

/** A pool of connections to MySQL or MariaDB. Whoever opens it destroys it. */
export function openDatabase({ url, poolMax, timeoutMs, say }: DatabaseOptions): Knex {
  const { hostname, port, username, password, pathname } = new URL(url);
  return knex({
    client: 'mysql2',
    connection: {
      host: hostname,
      port: Number(port || 3306),
      user: decodeURIComponent(username),
      password: decodeURIComponent(password),
      database: decodeURIComponent(pathname.slice(1)),
      connectTimeout: timeoutMs,
      // Amounts and sums are whole minor units far below 2^53, and no text but ASCII is sent or stored.
      decimalNumbers: true,
    },
    acquireConnectionTimeout: timeoutMs,
    // min 0: connections that died with a restarted server are dropped when they are next looked at, and not kept up.
    pool: {
      min: 0,
      max: poolMax,
      // A statement that waits for a row is given up by the server before it is given up here: else it would still be
      // carried out, some time after its lock has been released and somebody else has been let in.
      afterCreate: (connection: Connection, done: (error: Error | null) => void) => {
        const seconds = Math.max(1, Math.ceil(timeoutMs / 1000) - 1);
        connection.query(`SET SESSION innodb_lock_wait_timeout = ${seconds}`, done);
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
