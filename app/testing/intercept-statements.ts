import type { Statements } from '../database/statements.ts';

/** @returns statements in which `around` runs each one that matches. */
export function interceptStatements(
  statements: Statements,
  of: RegExp,
  around: <T>(run: () => Promise<T>) => Promise<T>,
): Statements {
  const through = <T>(sql: string, run: () => Promise<T>) => (of.test(sql) ? around(run) : run());
  return {
    ...statements,
    select: (sql, values) => through(sql, () => statements.select(sql, values)),
    selectCurrent: (sql, values) => through(sql, () => statements.selectCurrent(sql, values)),
    change: (sql, values) => through(sql, () => statements.change(sql, values)),
  };
}
