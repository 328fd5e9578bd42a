import type { Knex } from 'knex';

type Bindings = readonly (string | number | boolean)[] | Readonly<Record<string, unknown>>;

/** Statements with a bound in time. Past it, the connection is given up too: its answer may still come. */
export interface Statements {
  /** @returns the rows. */
  select<Row>(sql: string, bindings?: Bindings): Promise<Row[]>;
  /** @returns what an INSERT, UPDATE or DELETE did. */
  change(sql: string, bindings?: Bindings): Promise<{ affectedRows: number; insertId: number }>;
}

/** @param db a pool, or a transaction to run them in. */
export function createStatements(db: Knex, timeoutMs: number): Statements {
  const run = async (sql: string, bindings: Bindings) => {
    const [result] = await db.raw(sql, bindings as Knex.RawBinding[]).timeout(timeoutMs);
    return result;
  };
  return {
    select: (sql, bindings = []) => run(sql, bindings),
    change: (sql, bindings = []) => run(sql, bindings),
  };
}
