import type { Statements } from '../../database/statements.ts';

/** A write of the flag that was carried out, as far as its request knows of it. */
export interface KnownWrite {
  readonly userId: number;
  readonly requestId: string;
  readonly paid: boolean;
  readonly readVersion: number;
}

const overwrittenSql = `SELECT overwritten_version AS version FROM flag_writes
  WHERE user_id = ? AND request_id = ? AND instance = ? AND paid = ? AND read_version = ? ORDER BY id DESC LIMIT 1`;

/**
 * Looks up which version a write overwrote, in what the trigger has recorded within the writing statement itself: exact,
 * whoever has written since. The statement's own answer cannot tell: `version = LAST_INSERT_ID(version + 1)` would have
 * the server answer with it, had the table no trigger, whose own statement clears it (MariaDB 10.11 and MySQL 9 alike).
 *
 * @returns undefined when it cannot be learnt: the database has gone since, or the lab was reset.
 */
export function createOverwritten({ select }: Statements, instance: string) {
  return async ({ userId, requestId, paid, readVersion }: KnownWrite): Promise<number | undefined> => {
    const values = [userId, requestId, instance, paid ? 1 : 0, readVersion];
    const [row] = await select<{ version: number }>(overwrittenSql, values).catch(() => []);
    return row?.version;
  };
}

export type FindOverwritten = ReturnType<typeof createOverwritten>;
