import type { Knex } from 'knex';
import type { Transaction, Transactions } from '../database/transactions.ts';
import { soon, until } from './until.ts';

export interface Killable {
  /** An option of `openModes`. */
  readonly wrap: (transactions: Transactions) => Transactions;
  /** Kills the connection of the last opened transaction on the server, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Kills a transaction's connection on the server, as an operator or a failover would. */
export function killable(db: Knex): Killable {
  let connectionId = 0;
  const note = async (transaction: Transaction) => {
    const [row] = await transaction.select<{ id: number }>('SELECT CONNECTION_ID() AS id');
    connectionId = Number(row?.id);
  };
  return {
    wrap: (transactions) => ({
      async open(options) {
        const opened = await transactions.open(options);
        if (opened.outcome === 'opened') await note(opened.transaction);
        return opened;
      },
    }),
    async kill() {
      await db.raw('KILL ?', [connectionId]);
      const isGone = async () => {
        const [rows] = await db.raw('SELECT 1 FROM information_schema.processlist WHERE id = ?', [connectionId]);
        return rows.length === 0;
      };
      await until('the connection is gone', isGone, { ...soon, everyMs: 1 });
    },
  };
}
