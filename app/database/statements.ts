import type { Knex } from 'knex';
import type { Connection, ResultSetHeader } from 'mysql2';

type Values = readonly (string | number | boolean | readonly number[])[];

/** Statements with a bound in time. Past it, the connection is given up too: its answer may still come. */
export interface Statements {
  /** @returns the rows. */
  select<Row>(sql: string, values?: Values): Promise<Row[]>;
  /** @returns what an INSERT, UPDATE or DELETE did. */
  change(sql: string, values?: Values): Promise<{ affectedRows: number; insertId: number }>;
}

/**
 * Runs fixed SQL on knex's connections by the driver itself: on the way of every payment, to have knex build a query from
 * text that is one already costs more than the rest of the instance's own code.
 *
 * @param db a pool, or a transaction to run them in.
 */
export function createStatements(db: Knex, timeoutMs: number): Statements {
  async function run<T>(sql: string, values: Values): Promise<T> {
    const connection: Connection & { __knex__disposed?: Error } = await db.client.acquireConnection();
    try {
      return await new Promise<T>((resolve, reject) => {
        connection.query({ sql, values: values as unknown[], timeout: timeoutMs }, (error, result) => {
          if (!error) return resolve(result as T);
          // As knex marks a connection whose query has timed out: the pool drops it.
          if (error.code === 'PROTOCOL_SEQUENCE_TIMEOUT') connection.__knex__disposed = error;
          reject(error);
        });
      });
    } finally {
      db.client.releaseConnection(connection);
    }
  }
  return {
    select: <Row>(sql: string, values: Values = []) => run<Row[]>(sql, values),
    change: (sql, values = []) => run<ResultSetHeader>(sql, values),
  };
}
