import type { Knex } from 'knex';
import type { Connection } from 'mysql2';
import { isPoolExhausted } from './errors.ts';
import { createSemaphore, type WaitOptions } from './semaphore.ts';
import { type Statements, statementsOn } from './statements.ts';

/** Statements on a connection of its own, in one transaction once it has begun. The caller that opens it ends it. */
export interface Transaction extends Statements {
  /**
   * Begins a transaction. Ends one begun before, which must not have written.
   *
   * @param level Default: READ COMMITTED.
   */
  begin(level?: 'SERIALIZABLE'): Promise<void>;
  /** @throws if it is unknown whether the commit took effect. */
  commit(): Promise<void>;
  /** Rolls back what is not committed and returns the connection to the pool. Never throws. */
  end(): Promise<void>;
  /** Destroys the connection, whatever it is doing: the server rolls back, and later calls fail. */
  abandon(): void;
}

type Opened<T> = ({ outcome: 'opened' } & T) | { outcome: 'busy' } | { outcome: 'aborted' };

export interface Transactions {
  /**
   * Takes a connection for a transaction once a permit is free.
   *
   * @returns `busy` if no permit was free for the whole wait, or the pool had no free connection.
   * @throws if the database cannot be reached.
   */
  open(options: WaitOptions): Promise<Opened<{ transaction: Transaction }>>;
}

/**
 * Transactions that stay open across calls to other systems. Those calls need connections of the same pool: if
 * transactions held all of them, each would wait for another to end. So a quarter of the pool, at least one connection, is
 * reserved for single statements, which need no second connection and therefore always finish.
 *
 * @param timeoutMs time limit of each statement.
 */
export function createTransactions(db: Knex, timeoutMs: number): Transactions {
  const { max } = db.client.pool;
  const semaphore = createSemaphore(max - Math.ceil(max / 4));
  const prepared = new WeakSet<Connection>();

  return {
    async open(options) {
      const permit = await semaphore.acquire(options);
      if (permit.outcome !== 'acquired') return permit;
      let connection: Connection;
      try {
        connection = await db.client.acquireConnection();
      } catch (error) {
        permit.release();
        if (isPoolExhausted(error, db)) return { outcome: 'busy' };
        throw error;
      }
      const transaction = transactionOn(connection, permit.release);
      try {
        await prepare(connection, transaction);
        return { outcome: 'opened', transaction };
      } catch (error) {
        await transaction.end();
        throw error;
      }
    },
  };

  /** Sets the session's level. Other users of the pool run single statements or set their own level. */
  async function prepare(connection: Connection, { text }: Statements): Promise<void> {
    if (prepared.has(connection)) return;
    await text('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
    prepared.add(connection);
  }

  function transactionOn(connection: Connection, release: () => void): Transaction {
    const statements = statementsOn(db, connection, timeoutMs);
    let begun = false;
    return {
      ...statements,
      async begin(level) {
        begun = true;
        if (level) await statements.text(`SET TRANSACTION ISOLATION LEVEL ${level}`); // of the next one
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
          connection.destroy(); // the server rolls back; the pool drops the connection
        } finally {
          db.client.releaseConnection(connection);
          release();
        }
      },
      abandon: () => connection.destroy(),
    };
  }
}
