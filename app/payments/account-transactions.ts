import { isDatabaseUnreachable, isRowHeld } from '../database/errors.ts';
import type { Transaction, Transactions } from '../database/transactions.ts';
import type { AccountRow, AccountRows } from '../lock-modes/index.ts';
import { createAccountStore } from './accounts.ts';

// NOWAIT, as a wait inside the server has whole seconds for a bound on MySQL, and cannot be ended when the caller goes.
const lockSql = 'SELECT id FROM users WHERE id = ? FOR UPDATE NOWAIT';

/** The rows in MySQL or MariaDB. */
export function createAccountRows(transactions: Transactions, instance: string): AccountRows {
  return {
    async open(userId, wait) {
      const opened = await transactions.open(wait);
      if (opened.outcome !== 'opened') return opened;
      return { outcome: 'opened', row: accountRow(opened.transaction, userId, instance) };
    },
  };
}

function accountRow(transaction: Transaction, userId: number, instance: string): AccountRow {
  const accounts = createAccountStore(transaction, instance);
  let locked = false;
  return {
    async lock() {
      // Anew for each try: to end a deadlock, or after a wait in vain where it is so configured, a server rolls the whole
      // transaction back, and a lock that is got outside of one is gone before its answer is here.
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
    // Not part of the statement that locks: that one would lock the charges as well, which are the processor's, and at
    // the servers' usual isolation level it could then not write its books. It comes after the lock and, at the level of
    // READ COMMITTED, sees what was committed by then.
    read: () => accounts.read(userId),
    async write(write) {
      if (!locked) return 'refused';
      locked = false;
      try {
        if ((await accounts.write(write)) === 'refused') return 'refused';
      } catch (error) {
        if (isDatabaseUnreachable(error)) return 'refused'; // the lock is lost, and there will be no commit
        throw error;
      }
      await transaction.commit();
      return 'written';
    },
    end: () => transaction.end(),
    abandon: () => transaction.abandon(),
  };
}
