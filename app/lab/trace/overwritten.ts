import type { Statements } from '../../database/statements.ts';

/** A completed write of the flag, as known to its request. */
export interface KnownWrite {
  readonly userId: number;
  readonly requestId: string;
  readonly paid: boolean;
  readonly readVersion: number;
}

const overwrittenSql = `SELECT overwritten_version AS version FROM flag_writes
  WHERE user_id = ? AND request_id = ? AND instance = ? AND paid = ? AND read_version = ? ORDER BY id DESC LIMIT 1`;

/**
 * Looks up the version that a write overwrote, recorded by the trigger within the writing statement, and so exact despite
 * later writes. The statement's own answer cannot carry it: the trigger's statement clears `LAST_INSERT_ID(version + 1)`
 * (MariaDB 10.11 and MySQL 9 alike).
 *
 * @returns undefined if it is unknown: the database failed, or the lab was reset.
 */
export function createOverwritten({ select }: Statements, instance: string) {
  return async ({ userId, requestId, paid, readVersion }: KnownWrite): Promise<number | undefined> => {
    const values = [userId, requestId, instance, paid ? 1 : 0, readVersion];
    const [row] = await select<{ version: number }>(overwrittenSql, values).catch(() => []);
    return row?.version;
  };
}

export type FindOverwritten = ReturnType<typeof createOverwritten>;
