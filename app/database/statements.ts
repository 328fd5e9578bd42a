import type { Knex } from 'knex';
import type { Connection, ResultSetHeader } from 'mysql2';

type Value = string | number;

/** Statements with a bound in time. Past it, the connection is given up too: its answer may still come. */
export interface Statements {
  /** Runs a prepared statement. @returns the rows. */
  select<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** Runs a prepared statement. @returns what an INSERT, UPDATE or DELETE did. */
  change(sql: string, values?: readonly Value[]): Promise<{ affectedRows: number; insertId: number }>;
  /** Runs a statement as text, for what MySQL cannot prepare: a list of values, or a LIMIT. @returns the rows. */
  selectText<Row>(sql: string, values?: readonly (Value | readonly Value[])[]): Promise<Row[]>;
}

/** MySQL has not answered in time. What it was asked may still happen. */
export class StatementTimeoutError extends Error {
  override readonly name = 'StatementTimeoutError';
  readonly code = 'ETIMEDOUT';
}

type Callback = (error: Error | null, result: unknown) => void;

/**
 * Runs fixed SQL on knex's connections by the driver itself: on the way of every payment, to have knex build a query from
 * text that is one already costs more than the rest of the instance's own code.
 *
 * @param db a pool, or a transaction to run them in.
 */
export function createStatements(db: Knex, timeoutMs: number): Statements {
  async function run<T>(send: (connection: Connection, callback: Callback) => void): Promise<T> {
    const connection: Connection = await db.client.acquireConnection();
    try {
      return await new Promise<T>((resolve, reject) => {
        // The driver's own timeout does not cover the preparing of a statement.
        const timer = setTimeout(() => {
          connection.destroy(); // the pool sees that, and drops it
          reject(new StatementTimeoutError(`MySQL did not answer within ${timeoutMs} ms`));
        }, timeoutMs);
        send(connection, (error, result) => {
          clearTimeout(timer);
          if (error) reject(error);
          else resolve(result as T);
        });
      });
    } finally {
      db.client.releaseConnection(connection);
    }
  }

  return {
    select: <Row>(sql: string, values: readonly Value[] = []) =>
      run<Row[]>((connection, callback) => connection.execute(sql, [...values], callback)),
    change: (sql, values = []) =>
      run<ResultSetHeader>((connection, callback) => connection.execute(sql, [...values], callback)),
    selectText: <Row>(sql: string, values: readonly unknown[] = []) =>
      run<Row[]>((connection, callback) => connection.query(sql, [...values], callback)),
  };
}
