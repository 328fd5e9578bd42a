import type { Knex } from 'knex';
import { messageOf } from '../thrown.ts';

/** Error codes of MySQL and Node for a server that is unreachable, shutting down, or out of connections. */
const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
  'ER_CHECKREAD',
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

/** True for knex's own error, by its name: not every program that sorts errors loads knex, which is large. */
const isPoolTimeout = (error: unknown): error is Error => error instanceof Error && error.name === 'KnexTimeoutError';

/**
 * Error codes of a server that takes no writes: it was demoted to a replica, or is to be taken out of service. The
 * statement had no effect; a transaction whose commit is refused so is rolled back.
 */
const refusesWrites = new Set([
  'ER_READ_ONLY_MODE',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_SERVER_OFFLINE_MODE',
]);
/** What their messages say, if the code has other meanings as well: `--read-only`, and a Galera node without a quorum. */
const messagesOfRefusal: Readonly<Record<string, RegExp>> = {
  ER_OPTION_PREVENTS_STATEMENT: /read[-_]only/i,
  ER_UNKNOWN_COM_ERROR: /WSREP/,
};

/** The server is read-only, so that what it has may be out of date. */
export class ReadOnlyServerError extends Error {
  override readonly name = 'ReadOnlyServerError';
  readonly code = 'ER_READ_ONLY_MODE';

  constructor() {
    super('the database is read-only');
  }
}

/** True if the server takes no writes: new connections may reach the one that does. */
export function isServerReadOnly(error: unknown): boolean {
  const code = codeOf(error) ?? '';
  return refusesWrites.has(code) || (messagesOfRefusal[code]?.test(messageOf(error)) ?? false);
}

/**
 * True if the database did not answer, so that a statement that was sent may have taken effect, or if it takes no writes;
 * see {@link hadNoEffect}.
 */
export function isDatabaseUnreachable(error: unknown): error is Error {
  if (isPoolTimeout(error) || isServerReadOnly(error)) return true;
  if (!(error instanceof Error)) return false;
  // mysql2 gives commands on a closed connection a message without a code.
  return (
    unreachable.has(codeOf(error) ?? '') || /connection is in closed state|Connection lost/i.test(messageOf(error))
  );
}

/** True if the statement certainly had no effect: it never left this process, or the server refused it as read-only. */
export function hadNoEffect(error: unknown): boolean {
  return isNeverSent(error) || isServerReadOnly(error);
}

/** True if the statement never left this process, for want of a connection. */
function isNeverSent(error: unknown): boolean {
  if (isPoolTimeout(error)) return /acquiring a connection/i.test(messageOf(error));
  return error instanceof Error && 'syscall' in error && error.syscall === 'connect';
}

/** True if all connections of the pool are in use here, as opposed to a database that gives none. */
export function isPoolExhausted(error: unknown, db: Knex): boolean {
  const { pool } = db.client;
  return isPoolTimeout(error) && isNeverSent(error) && pool.numUsed() >= pool.max;
}

/** True if another transaction holds the row, or won a deadlock over it. */
export function isRowHeld(error: unknown): boolean {
  // For NOWAIT, MariaDB answers with the timeout's code; MySQL has a code of its own.
  return ['ER_LOCK_NOWAIT', 'ER_LOCK_WAIT_TIMEOUT', 'ER_LOCK_DEADLOCK'].includes(codeOf(error) ?? '');
}

/**
 * True if the server chose the statement as a deadlock's victim: it had no effect and may be retried. So it is if a row has
 * changed since the transaction's snapshot: MariaDB from 11.6.2 on refuses to change it
 * (https://mariadb.com/kb/en/innodb-system-variables/#innodb_snapshot_isolation).
 */
export function isDeadlock(error: unknown): boolean {
  return ['ER_LOCK_DEADLOCK', 'ER_CHECKREAD'].includes(codeOf(error) ?? '');
}

export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY';
}

/** What MySQL and MariaDB answer when AUTO_INCREMENT has reached the end of its column. */
const outOfIds = new Set(['ER_AUTOINC_READ_FAILED', 'HA_ERR_AUTOINC_ERANGE']);

/** True if an INSERT that leaves its key to AUTO_INCREMENT failed because no id is left. */
export function areIdsUsedUp(error: unknown): boolean {
  return outOfIds.has(codeOf(error) ?? '');
}
