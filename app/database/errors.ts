import knex from 'knex';

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
  'ER_CON_COUNT_ERROR',
  'ER_LOCK_DEADLOCK',
  'ER_LOCK_WAIT_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_TOO_MANY_USER_CONNECTIONS',
  'ER_USER_LIMIT_REACHED',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
]);

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return String(error.code);
}

/** The database did not answer, so whether a statement that was sent took effect is not known. */
export function isDatabaseUnreachable(error: unknown): error is Error {
  if (error instanceof knex.KnexTimeoutError) return true;
  if (!(error instanceof Error)) return false;
  // mysql2 gives the commands that find their connection closed a message and no code.
  return unreachable.has(codeOf(error) ?? '') || /connection is in closed state|Connection lost/i.test(error.message);
}

/**
 * The statement did not leave this process: no connection could be had for it. Only then is it certain that it took no
 * effect.
 */
export function isNeverSent(error: unknown): boolean {
  if (error instanceof knex.KnexTimeoutError) return /acquiring a connection/i.test(error.message);
  return error instanceof Error && 'syscall' in error && error.syscall === 'connect';
}

export function isDuplicateKey(error: unknown): boolean {
  return codeOf(error) === 'ER_DUP_ENTRY';
}
