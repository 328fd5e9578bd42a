import { setTimeout as sleep } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import type { Connection, ResultSetHeader } from 'mysql2';
import { hadNoEffect, isDatabaseUnreachable, isDeadlock, isServerReadOnly, ReadOnlyServerError } from './errors.ts';
import { leaveServer } from './open.ts';
import { createSemaphore } from './semaphore.ts';

type Value = string | number | null;
type Values = readonly (Value | readonly Value[] | readonly (readonly Value[])[])[];

/** Statements with a time limit. A connection that exceeds it is destroyed, because its answer may still come. */
export interface Statements {
  /** Runs a prepared statement. @returns the rows. */
  select<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /**
   * As `select`, for what is decided on: it must not be out of date.
   *
   * @param sql selects {@link isReadOnlySql} as `is_read_only`.
   * @throws {ReadOnlyServerError} if the server is read-only, as a former primary is.
   */
  selectCurrent<Row>(sql: string, values?: readonly Value[]): Promise<Row[]>;
  /** Runs a prepared statement. @returns what an INSERT, UPDATE or DELETE did. */
  change(sql: string, values?: readonly Value[]): Promise<{ affectedRows: number; insertId: number }>;
  /** Runs a statement as text, for what MySQL cannot prepare: a list of values, or LIMIT. @returns the rows, if any. */
  text<Row>(sql: string, values?: Values): Promise<Row[]>;
}

/** SQL for whether the server is read-only: bare, because each payment reads it. */
export const isReadOnlySql = '@@global.read_only';

/** For {@link Statements.selectCurrent}: whether the server takes no writes, for whichever reason, and nothing else. */
export const serverStateSql =
  "SELECT CAST(@@global.read_only AS CHAR) NOT IN ('0', 'OFF') OR @@global.innodb_read_only AS is_read_only";

/** The value of {@link isReadOnlySql}: newer MariaDB has a word for it, not a number. */
const isOn = (value: unknown) => value !== undefined && value !== 0 && value !== '0' && value !== 'OFF';

/** MySQL did not answer in time. The statement may still take effect. */
class StatementTimeoutError extends Error {
  override readonly name = 'StatementTimeoutError';
  readonly code = 'ETIMEDOUT';
}

type Callback = (error: Error | null, result: unknown) => void;
type Send = (connection: Connection, callback: Callback) => void;

/**
 * Runs fixed SQL by the driver itself, each statement on any of knex's connections. For every payment, knex's query
 * builder would cost more time than the rest of the instance's own code.
 *
 * @param timeoutMs time limit of a statement, and of its wait until fewer than `most` run.
 * @param most how many run at once. Default: as many as there are connections.
 */
export function createStatements(db: Knex, timeoutMs: number, most?: number): Statements {
  const permits = most === undefined ? undefined : createSemaphore(most);
  const run = async (send: Send): Promise<unknown> => {
    const connection: Connection = await db.client.acquireConnection();
    try {
      return await runOn(connection, timeoutMs, send);
    } finally {
      db.client.releaseConnection(connection);
    }
  };
  if (!permits) return statementsBy(db, run);
  return statementsBy(db, async (send) => {
    const permit = await permits.acquire({ waitMs: timeoutMs, signal: neverAborted });
    if (permit.outcome !== 'acquired')
      throw new knex.KnexTimeoutError(`not acquiring a connection: ${most} others ran for ${timeoutMs} ms`);
    try {
      return await run(send);
    } finally {
      permit.release();
    }
  });
}

const neverAborted = new AbortController().signal;

/** The database did not answer a commit. It may have taken effect. */
export class UnansweredCommitError extends Error {
  override readonly name = 'UnansweredCommitError';
  readonly code = 'ETIMEDOUT';

  constructor(cause: Error) {
    super('the database did not answer the commit', { cause });
  }
}

/**
 * Runs statements in one transaction, whose reads all see the same snapshot.
 *
 * @param timeoutMs time limit of each statement.
 * @throws what `work` throws, after a rollback; {@link UnansweredCommitError}.
 */
export async function inTransaction<T>(
  db: Knex,
  timeoutMs: number,
  work: (statements: Statements) => Promise<T>,
): Promise<T> {
  const connection: Connection = await db.client.acquireConnection();
  const statements = statementsOn(db, connection, timeoutMs);
  try {
    await statements.text('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await statements.text('START TRANSACTION WITH CONSISTENT SNAPSHOT');
    const result = await work(statements);
    await statements.text('COMMIT').catch((error: unknown) => {
      const isUnknown = isDatabaseUnreachable(error) && !hadNoEffect(error) && !isDeadlock(error);
      throw isUnknown ? new UnansweredCommitError(error) : error;
    });
    return result;
  } catch (error) {
    connection.destroy(); // the server rolls back; the pool drops the connection
    throw error;
  } finally {
    db.client.releaseConnection(connection);
  }
}

/** How often to try what the server chose as a deadlock's victim. */
const maxTries = 10;
/** Mean of the pause after the first such try, in milliseconds. It grows with each. */
const pauseMs = 2;

/**
 * Runs a statement, or a whole transaction, again each time it is a deadlock's victim: it then had no effect. Rivals that
 * were victims together wait for different times, or they would meet again
 * (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
 *
 * @throws what `run` throws: a deadlock only at the tenth try.
 */
export async function retryDeadlocks<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (error) {
      if (!isDeadlock(error) || tries === maxTries) throw error;
      await sleep(Math.random() * 2 * pauseMs * tries);
    }
  }
}

/** @returns statements that all run on this connection. */
export function statementsOn(db: Knex, connection: Connection, timeoutMs: number): Statements {
  return statementsBy(db, (send) => runOn(connection, timeoutMs, send));
}

function statementsBy(db: Knex, perform: (send: Send) => Promise<unknown>): Statements {
  const leaveReadOnly = (error: unknown): never => {
    if (isServerReadOnly(error)) leaveServer(db);
    throw error;
  };
  const run = (send: Send) => perform(send).catch(leaveReadOnly);
  const select = <Row>(sql: string, values: readonly Value[] = []) =>
    run((connection, callback) => connection.execute(sql, [...values], callback)) as Promise<Row[]>;
  return {
    select,
    async selectCurrent<Row>(sql: string, values?: readonly Value[]) {
      const rows = await select<Row & { is_read_only?: number | string }>(sql, values);
      // Without a row, too: a former primary does not have what is new.
      const [first] = rows.length > 0 ? rows : await select<{ is_read_only: number }>(serverStateSql);
      return isOn(first?.is_read_only) ? leaveReadOnly(new ReadOnlyServerError()) : rows;
    },
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
      // The driver's timeout does not cover preparing a statement.
      timer = setTimeout(() => {
        connection.destroy(); // the pool notices and drops it
        reject(new StatementTimeoutError(`MySQL did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
      send(connection, (error, result) => (error ? reject(error) : resolve(result)));
    });
  } finally {
    clearTimeout(timer);
  }
}
