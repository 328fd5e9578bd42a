import type { Knex } from 'knex';
import type { Connection } from 'mysql2';
import { isPoolExhausted } from './errors.ts';
import { createSlots, type TurnOptions } from './semaphore.ts';
import { type Statements, statementsOn } from './statements.ts';

/** Statements in one transaction, on a connection of its own. Whoever has opened it ends it. */
export interface Transaction extends Statements {
  /** Begins it; each read sees what is committed by then. What was begun before is over, and must not have written. */
  begin(): Promise<void>;
  /** @throws when it is not known whether it took effect. */
  commit(): Promise<void>;
  /** Rolls back what is not committed and gives the connection back. Never throws. */
  end(): Promise<void>;
  /** Gives up the connection, whatever it is doing: the server rolls back at once, and all that follows here fails. */
  abandon(): void;
}

type Opened<T> = ({ outcome: 'opened' } & T) | { outcome: 'busy' } | { outcome: 'aborted' };

export interface Transactions {
  /**
   * Takes a connection for a transaction, as soon as there is a slot.
   *
   * @returns `busy` when there was none for the whole wait, or the pool had no connection to spare.
   * @throws when the database cannot be reached.
   */
  open(options: TurnOptions): Promise<Opened<{ transaction: Transaction }>>;
}

/**
 * Transactions that are held open across calls to other systems. What is done meanwhile needs connections of the same
 * pool; were all of them taken by transactions, each would wait for another to end. So a quarter of the pool, one
 * connection at least, is left to single statements, which need no second one and so always come to an end.
 *
 * @param timeoutMs the bound of each statement.
 */
export function createTransactions(db: Knex, timeoutMs: number): Transactions {
  const { max } = db.client.pool;
  const slots = createSlots(max - Math.ceil(max / 4));
  const prepared = new WeakSet<Connection>();

  return {
    async open(options) {
      const turn = await slots.enter(options);
      if (turn.outcome !== 'entered') return turn;
      let connection: Connection;
      try {
        connection = await db.client.acquireConnection();
      } catch (error) {
        turn.leave();
        if (isPoolExhausted(error, db)) return { outcome: 'busy' };
        throw error;
      }
      const transaction = transactionOn(connection, turn.leave);
      try {
        await prepare(connection, transaction);
        return { outcome: 'opened', transaction };
      } catch (error) {
        await transaction.end();
        throw error;
      }
    },
  };

  /** For the session: no other user of the pool minds, as each runs single statements or sets a level of its own. */
  async function prepare(connection: Connection, { text }: Statements): Promise<void> {
    if (prepared.has(connection)) return;
    await text('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    prepared.add(connection);
  }

  function transactionOn(connection: Connection, leave: () => void): Transaction {
    const statements = statementsOn(connection, timeoutMs);
    let begun = false;
    return {
      ...statements,
      async begin() {
        begun = true;
        await statements.text('START TRANSACTION');
      },
      async commit() {
        await statements.text('COMMIT');
        begun = false;
      },
      async end() {
        try {
          if (begun) await statements.text('ROLLBACK');
        } catch {
          connection.destroy(); // the server rolls back; the pool drops it
        } finally {
          db.client.releaseConnection(connection);
          leave();
        }
      },
      abandon: () => connection.destroy(),
    };
  }
}
