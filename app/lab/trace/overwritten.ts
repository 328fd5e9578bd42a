import type { Statements } from '../../database/statements.ts';

const overwrittenSql = `SELECT overwritten_version AS version FROM flag_writes
  WHERE user_id = ? AND attempt_id = ? ORDER BY id DESC LIMIT 1`;

/**
 * Looks up the version that an attempt's last write overwrote, recorded by the trigger within the writing statement, and so exact despite
 * later writes. The statement's own answer cannot carry it: the trigger's statement clears `LAST_INSERT_ID(version + 1)`
 * (MariaDB 10.11 and MySQL 9 alike).
 *
 * @returns undefined if it is unknown: the database failed, or the lab was reset.
 */
export function createOverwritten({ select }: Statements) {
  return async (userId: number, attemptId: string): Promise<number | undefined> => {
    const [row] = await select<{ version: number }>(overwrittenSql, [userId, attemptId]).catch(() => []);
    return row?.version;
  };
}

export type FindOverwritten = ReturnType<typeof createOverwritten>;
