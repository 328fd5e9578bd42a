import knex, { type Knex } from 'knex';
import { expect, test } from 'vitest';
import {
  areIdsUsedUp,
  hadNoEffect,
  isDatabaseUnreachable,
  isDeadlock,
  isDuplicateKey,
  isPoolExhausted,
  isRowHeld,
  isServerReadOnly,
} from './errors.ts';

const kinds = {
  isDatabaseUnreachable,
  hadNoEffect,
  isServerReadOnly,
  isRowHeld,
  isDeadlock,
  isDuplicateKey,
  areIdsUsedUp,
};
type Kind = keyof typeof kinds;

const error = (code: unknown, message = '', rest: object = {}) => Object.assign(new Error(message), { code, ...rest });
const closed = new Error("Can't add new command when connection is in closed state");
const unacquired = new knex.KnexTimeoutError('Knex: Timeout acquiring a connection. The pool is probably full.');
const refusal: readonly Kind[] = ['isDatabaseUnreachable', 'hadNoEffect', 'isServerReadOnly'];

test.each<[string, unknown, readonly Kind[]]>([
  ['a refused connection', error('ECONNREFUSED', '', { syscall: 'connect' }), ['isDatabaseUnreachable', 'hadNoEffect']],
  ['a connection that breaks', error('ECONNRESET', '', { syscall: 'read' }), ['isDatabaseUnreachable']],
  ['a connection that is lost', new Error('Connection lost: The server closed it.'), ['isDatabaseUnreachable']],
  ['a command on a closed connection', closed, ['isDatabaseUnreachable']],
  ['a wait for a connection', unacquired, ['isDatabaseUnreachable', 'hadNoEffect']],
  ['a query without an answer', new knex.KnexTimeoutError('Defined query timeout'), ['isDatabaseUnreachable']],
  ['a read-only server', error('ER_READ_ONLY_MODE'), refusal],
  ['a server with --read-only', error('ER_OPTION_PREVENTS_STATEMENT', 'the --read-only option'), refusal],
  ['a server with another option', error('ER_OPTION_PREVENTS_STATEMENT', '--skip-grant-tables'), []],
  ['a Galera node without a quorum', error('ER_UNKNOWN_COM_ERROR', 'WSREP has not yet prepared node'), refusal],
  ['an unknown command', error('ER_UNKNOWN_COM_ERROR', 'Unknown command'), []],
  ['a row held, in MySQL', error('ER_LOCK_NOWAIT'), ['isRowHeld']],
  ['a row held, in MariaDB', error('ER_LOCK_WAIT_TIMEOUT'), ['isDatabaseUnreachable', 'isRowHeld']],
  ['a deadlock', error('ER_LOCK_DEADLOCK'), ['isDatabaseUnreachable', 'isRowHeld', 'isDeadlock']],
  ['a changed row, in MariaDB', error('ER_CHECKREAD'), ['isDatabaseUnreachable', 'isDeadlock']],
  ['a duplicate key', error('ER_DUP_ENTRY'), ['isDuplicateKey']],
  ['a column without another id', error('ER_AUTOINC_READ_FAILED'), ['areIdsUsedUp']],
  ['a mistake', new TypeError('connection.execute is not a function'), []],
  ['a code that is none', error(1213), []],
  ['undefined', undefined, []],
  ['no error', { code: 'ER_LOCK_DEADLOCK', syscall: 'connect' }, []],
])('%s', (_, thrown, expected) => {
  const answers = Object.entries(kinds).flatMap(([kind, is]) => (is(thrown) ? [kind] : []));
  expect(answers).toEqual(expected);
});

test.each([
  ['exhausted if all of its connections are in use', unacquired, 2, true],
  ['not if the database gives it no connection', unacquired, 1, false],
  ['not if a query has no answer', new knex.KnexTimeoutError('Defined query timeout'), 2, false],
  ['not if the database is away', error('ECONNREFUSED', '', { syscall: 'connect' }), 2, false],
])('a pool is %s', (_, thrown, used, expected) => {
  const db = { client: { pool: { max: 2, numUsed: () => used } } } as unknown as Knex;
  expect(isPoolExhausted(thrown, db)).toBe(expected);
});
