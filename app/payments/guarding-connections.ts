import { createHash } from 'node:crypto';
import { isDatabaseUnreachable, isRowHeld } from '../database/errors.ts';
import type { Transaction, Transactions } from '../database/transactions.ts';
import type { AccountStore, ConnectionGuard, GuardingConnection, GuardingConnections } from '../lock-modes/index.ts';
import { createAccountStore } from './accounts.ts';

/**
 * Connections that guard an account in MySQL or MariaDB.
 *
 * @param unguarded reads the account on another connection: a serializable transaction that reads the ledger blocks its own
 *   request's charge.
 */
export function createGuardingConnections(
  transactions: Transactions,
  unguarded: Pick<AccountStore, 'read'>,
  instance: string,
): GuardingConnections {
  const guards = { row: rowGuard, named: namedGuard, serializable: serializableGuard } satisfies Record<
    ConnectionGuard,
    unknown
  >;
  return {
    async open(guard, target, wait) {
      const opened = await transactions.open(wait);
      if (opened.outcome !== 'opened') return opened;
      const { transaction } = opened;
      const accounts = createAccountStore(transaction, instance);
      return { outcome: 'opened', connection: guards[guard]({ transaction, accounts, unguarded, ...target }) };
    },
  };
}

interface GuardDeps {
  readonly transaction: Transaction;
  /** On the guarding connection. */
  readonly accounts: AccountStore;
  readonly unguarded: Pick<AccountStore, 'read'>;
  readonly userId: number;
  readonly key: string;
}

// NOWAIT: a wait inside MySQL is bounded in whole seconds and cannot be ended when the caller disconnects.
const lockRowSql = 'SELECT id FROM users WHERE id = ? FOR UPDATE NOWAIT';

function rowGuard({ transaction, accounts, userId }: GuardDeps): GuardingConnection {
  return {
    ...transactionalWrite(transaction, accounts),
    async lock() {
      // A new transaction for each try: a server that ends a deadlock (or, if so configured, a lock wait that timed out)
      // rolls the whole transaction back, and outside a transaction a lock ends with its statement.
      await transaction.begin();
      try {
        await transaction.select(lockRowSql, [userId]);
      } catch (error) {
        if (isRowHeld(error)) return 'held';
        throw error;
      }
      return 'locked';
    },
    // Not part of the locking statement: that would lock the charges too, and at the default isolation level the
    // processor could not insert its own. At READ COMMITTED, a read after the lock sees everything committed before it.
    read: () => accounts.read(userId),
  };
}

const lockUserSql = 'SELECT version FROM users WHERE id = ?';

function serializableGuard({ transaction, accounts, unguarded, userId }: GuardDeps): GuardingConnection {
  return {
    ...transactionalWrite(transaction, accounts),
    async lock() {
      await transaction.begin('SERIALIZABLE');
      return 'locked'; // nothing yet: its read locks
    },
    async read() {
      await transaction.select(lockUserSql, [userId]); // no other transaction can write the row from here on
      return unguarded.read(userId);
    },
  };
}

/** Shared by the guards that use a transaction: a single write, which commits. */
function transactionalWrite(
  transaction: Transaction,
  accounts: AccountStore,
): Pick<GuardingConnection, 'write' | 'end' | 'abandon'> {
  let isOver = false;
  return {
    async write(write) {
      if (isOver) return 'refused';
      isOver = true;
      try {
        if ((await accounts.write(write)) === 'refused') return 'refused';
      } catch (error) {
        if (isDatabaseUnreachable(error)) return 'refused'; // the transaction is lost: nothing will commit
        throw error;
      }
      await transaction.commit();
      return 'written';
    },
    end: () => transaction.end(),
    abandon: () => transaction.abandon(),
  };
}

/** Limit of MySQL and MariaDB, in characters. */
const maxLockNameLength = 64;

/** Lock names are global to the server: another service on it could use the same name. */
function namedGuard({ transaction, accounts, userId, key }: GuardDeps): GuardingConnection {
  const name = key.length <= maxLockNameLength ? key : createHash('sha256').update(key).digest('hex');
  let isLocked = false;
  return {
    async lock() {
      const [row] = await transaction.select<{ got: number | null }>('SELECT GET_LOCK(?, 0) AS got', [name]);
      isLocked = row?.got === 1;
      return isLocked ? 'locked' : 'held';
    },
    read: () => accounts.read(userId),
    // No transaction: lock and statement share the connection, so the statement runs under the lock or not at all.
    write: (write) => accounts.write(write),
    async end() {
      try {
        if (isLocked) await transaction.select('SELECT RELEASE_LOCK(?)', [name]);
      } catch {
        transaction.abandon(); // the lock ends with the connection
      }
      await transaction.end();
    },
    abandon: () => transaction.abandon(),
  };
}
