import type { Knex } from 'knex';
import type { Connection, ResultSetHeader } from 'mysql2';

type Value = string | number;
type Values = readonly (Value | readonly Value[] | readonly (readonly Value[])[])[];

/** Statements with a bound in time. Past it, the connection is given up too: its answer may still come. */
export interface Statements {
  /** Runs a prepared statement. @returns the rows. */
  select<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** Runs a prepared statement. @returns what an INSERT, UPDATE or DELETE did. */
  change(sql: string, values?: readonly Value[]): Promise<{ affectedRows: number; insertId: number }>;
  /** Runs a statement as text, for what MySQL cannot prepare: a list of values, or a LIMIT. @returns the rows, if any. */
  text<Row>(sql: string, values?: Values): Promise<Row[]>;
}

/** MySQL has not answered in time. What it was asked may still happen. */
class StatementTimeoutError extends Error {
  override readonly name = 'StatementTimeoutError';
  readonly code = 'ETIMEDOUT';
}

type Callback = (error: Error | null, result: unknown) => void;
type Send = (connection: Connection, callback: Callback) => void;

/**
 * Runs fixed SQL on knex's connections by the driver itself, each statement on any of them: on the way of every payment,
 * to have knex build a query from text that is one already costs more than the rest of the instance's own code.
 */
export function createStatements(db: Knex, timeoutMs: number): Statements {
  return statementsBy(async (send) => {
    const connection: Connection = await db.client.acquireConnection();
    try {
      return await runOn(connection, timeoutMs, send);
    } finally {
      db.client.releaseConnection(connection);
    }
  });
}

/**
 * Runs statements in one transaction, all of whose reads see one instant.
 *
 * @param timeoutMs the bound of each statement.
 * @throws what `work` throws; all of it is rolled back then.
 */
export async function inTransaction<T>(
  db: Knex,
  timeoutMs: number,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  const connection: Connection = await db.client.acquireConnection();
  const statements = statementsOn(connection, timeoutMs);
  try {
    await statements.text('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await statements.text('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const result = await work(statements);
    await statements.text('COMMIT');
    return result;
  } catch (error) {
    connection.destroy(); // the server rolls back; the pool drops it
    throw error;
  } finally {
    db.client.releaseConnection(connection);
  }
}

/** @returns statements that all run on this connection. */
export function statementsOn(connection: Connection, timeoutMs: number): Statements {
  return statementsBy((send) => runOn(connection, timeoutMs, send));
}

function statementsBy(run: (send: Send) => Promise<unknown>): Statements {
  return {
    select: <Row>(sql: string, values: readonly Value[] = []) =>
      run((connection, callback) => connection.execute(sql, [...values], callback)) as Promise<Row[]>,
    change: (sql, values = []) =>
      run((connection, callback) => connection.execute(sql, [...values], callback)) as Promise<ResultSetHeader>,
    text: <Row>(sql: string, values: Values = []) =>
      run((connection, callback) => connection.query(sql, [...values], callback)) as Promise<Row[]>,
  };
}

async function runOn(connection: Connection, timeoutMs: number, send: Send): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      // The driver's own timeout does not cover the preparing of a statement.
      timer = setTimeout(() => {
        connection.destroy(); // the pool sees that, and drops it
        reject(new StatementTimeoutError(`MySQL did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      send(connection, (error, result) => (error ? reject(error) : resolve(result)));
    });
  } finally {
    clearTimeout(timer);
  }
}
