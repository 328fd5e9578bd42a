import { isDatabaseUnreachable, isRowHeld } from '../database/errors.ts';
import type { Transaction, Transactions } from '../database/transactions.ts';
import type { AccountTransaction, AccountTransactions } from '../lock-modes/index.ts';
import { createAccountStore } from './accounts.ts';

// NOWAIT: a wait inside MySQL is bounded in whole seconds and cannot be ended when the caller disconnects.
const lockSql = 'SELECT id FROM users WHERE id = ? FOR UPDATE NOWAIT';

/** Transactions on users' rows in MySQL or MariaDB. */
export function createAccountTransactions(transactions: Transactions, instance: string): AccountTransactions {
  return {
    async open(userId, wait) {
      const opened = await transactions.open(wait);
      if (opened.outcome !== 'opened') return opened;
      return { outcome: 'opened', transaction: accountTransaction(opened.transaction, userId, instance) };
    },
  };
}

function accountTransaction(transaction: Transaction, userId: number, instance: string): AccountTransaction {
  const accounts = createAccountStore(transaction, instance);
  let locked = false;
  return {
    async lock() {
      // A new transaction for each try: a server that ends a deadlock (or, if so configured, a lock wait that timed out)
      // rolls the whole transaction back, and outside a transaction a lock ends with its statement.
      await transaction.begin();
      try {
        await transaction.select(lockSql, [userId]);
      } catch (error) {
        if (isRowHeld(error)) return 'held';
        throw error;
      }
      locked = true;
      return 'locked';
    },
    // Not part of the locking statement: that would lock the charges too, and at the default isolation level the
    // processor could not insert its own. At READ COMMITTED, a read after the lock sees everything committed before it.
    read: () => accounts.read(userId),
    async write(write) {
      if (!locked) return 'refused';
      locked = false;
      try {
        if ((await accounts.write(write)) === 'refused') return 'refused';
      } catch (error) {
        if (isDatabaseUnreachable(error)) return 'refused'; // the connection and its lock are lost: nothing will commit
        throw error;
      }
      await transaction.commit();
      return 'written';
    },
    end: () => transaction.end(),
    abandon: () => transaction.abandon(),
  };
}
