import { NotMigratedError } from '../migrations/migrate.ts';
import { isDatabaseUnreachable } from './database/errors.ts';
import type { Problem } from './environment/value-files.ts';
import { messageOf } from './thrown.ts';

/** Which variable to look at, and what to do, by the error's code. */
const adviceOf: Readonly<Record<string, Problem>> = {
  ER_ACCESS_DENIED_ERROR: {
    variable: 'MYSQL_URL',
    message: 'correct its user or password, or its ssl-mode, if the server or the user requires TLS',
  },
  ER_BAD_DB_ERROR: { variable: 'MYSQL_URL', message: 'create its database first' },
  ER_SECURE_TRANSPORT_REQUIRED: {
    variable: 'MYSQL_URL',
    message: 'add ?ssl-mode=VERIFY_IDENTITY: the server requires TLS',
  },
  HANDSHAKE_NO_SSL_SUPPORT: { variable: 'MYSQL_URL', message: 'the server has no TLS, which its ssl-mode requires' },
  HANDSHAKE_SSL_ERROR: {
    variable: 'MYSQL_URL',
    message: 'its ssl-mode does not trust the server; MYSQL_CA_FILE may name the certificate of its authority',
  },
  ER_BINLOG_CREATE_ROUTINE_NEED_SUPER: {
    variable: 'MYSQL_URL',
    message: 'set log_bin_trust_function_creators=ON on the server, which keeps a binary log, to create the trigger',
  },
  EADDRINUSE: { variable: 'PORT', message: 'choose another one, since a program listens there already' },
  EACCES: { variable: 'PORT', message: 'choose one from 1024, which needs no privileges' },
  EADDRNOTAVAIL: { variable: 'HOST', message: 'must be an address of this machine' },
};

const rights: Problem = {
  variable: 'MYSQL_URL',
  message:
    'grant its user SELECT, INSERT, UPDATE, DELETE, and to migrate also CREATE, ALTER, DROP, INDEX, TRIGGER, LOCK TABLES; or set MIGRATE=off',
};
const rightsMissing = new Set([
  'ER_DBACCESS_DENIED_ERROR',
  'ER_TABLEACCESS_DENIED_ERROR',
  'ER_COLUMNACCESS_DENIED_ERROR',
]);

/** @returns what to do about an error of the start, with the error's own message; undefined for an unforeseen one. */
export function startUpProblem(error: unknown): Problem | undefined {
  const advice = adviceFor(error);
  return advice && { ...advice, message: `${advice.message}: ${ownMessage(error)}` };
}

function adviceFor(error: unknown): Problem | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof NotMigratedError)
    return { variable: 'MIGRATE', message: 'set it to on, or run npm run migrate first' };
  const code = 'code' in error ? String(error.code) : '';
  if (rightsMissing.has(code)) return rights;
  if ('syscall' in error && error.syscall === 'connect') return unreachable;
  return adviceOf[code] ?? (isDatabaseUnreachable(error) ? unreachable : undefined);
}

const unreachable: Problem = { variable: 'MYSQL_URL', message: 'the database cannot be reached' };

/** Without the statement, which knex puts in front: an error is one line. */
const ownMessage = (error: unknown) =>
  error instanceof Error && 'sqlMessage' in error ? String(error.sqlMessage) : messageOf(error);
