import knex, { type Knex } from 'knex';
import { messageOf } from '../thrown.ts';

/** MySQL's codes and Node's for a server that cannot be reached, is going down, or takes no more connections. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'ER_CONNECTION_KILLED',
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_QUERY_INTERRUPTED',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** The database did not answer, so whether a statement that was sent took effect is not known. */
export function isDatabaseUnreachable(error: unknown): error is Error {
  if (error instanceof knex.KnexTimeoutError) return true;
  if (!(error instanceof Error)) return false;
  // mysql2 gives the commands that find their connection closed a message and no code.
  return (
    unreachable.has(codeOf(error) ?? '') || /connection is in closed state|Connection lost/i.test(messageOf(error))
  );
}

/**
 * The statement did not leave this process: no connection could be had for it. Only then is it certain that it took no
 * effect.
 */
export function isNeverSent(error: unknown): boolean {
  if (error instanceof knex.KnexTimeoutError) return /acquiring a connection/i.test(messageOf(error));
  return error instanceof Error && 'syscall' in error && error.syscall === 'connect';
}

/** No connection could be had because all of them are in use here, and not because the database gives none. */
export function isPoolExhausted(error: unknown, db: Knex): boolean {
  const { pool } = db.client;
  return error instanceof knex.KnexTimeoutError && isNeverSent(error) && pool.numUsed() >= pool.max;
}

/** A row that was asked for is another transaction's, or was given to it to end a deadlock. */
export function isRowHeld(error: unknown): boolean {
  // For NOWAIT, MariaDB answers as if it had waited; MySQL has a code of its own.
  return ['ER_LOCK_NOWAIT', 'ER_LOCK_WAIT_TIMEOUT', 'ER_LOCK_DEADLOCK'].includes(codeOf(error) ?? '');
}

/** The statement took no effect: the server has ended a deadlock by it. It may be tried again. */
export function isDeadlock(error: unknown): boolean {
  return codeOf(error) === 'ER_LOCK_DEADLOCK';
}

export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY';
}
