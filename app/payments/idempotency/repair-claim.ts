import type { Statements } from '../../database/statements.ts';
import { leasedUntil } from './idempotency-keys.ts';

const deadSql = `SELECT attempt FROM idempotency_keys
  WHERE execution_id = ? AND answer IS NULL AND (leased_until IS NULL OR leased_until <= NOW(6))`;
const ofExecution = 'execution_id = ? AND attempt = ?';
const claimDeadSql = `UPDATE idempotency_keys SET attempt = attempt + 1, leased_until = ${leasedUntil}
  WHERE ${ofExecution} AND answer IS NULL`;
const endPassSql = `UPDATE idempotency_keys SET pass = GREATEST(pass, ? + 1) WHERE ${ofExecution}`;
const releaseSql = `UPDATE idempotency_keys SET leased_until = NOW(6) WHERE ${ofExecution}`;
/** Long enough for a refund or a write. If its instance dies, the next request with the key waits for as long. */
const repairLeaseMs = 10_000;

/** The claim of a request whose execution has died, to repair what it left: no other execution runs until `release`. */
export interface RepairClaim {
  /**
   * Stores that the charge of this pass is to be taken back: the next execution begins with the next pass.
   *
   * @returns false if another execution has taken over.
   */
  endPass(pass: number): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * @param id of the request.
 * @returns undefined if an execution of the request is in progress.
 */
export async function claimDead(
  { select, change }: Pick<Statements, 'select' | 'change'>,
  id: string,
): Promise<RepairClaim | undefined> {
  const [dead] = await select<{ attempt: number }>(deadSql, [id]);
  if (!dead) return undefined;
  const { affectedRows } = await change(claimDeadSql, [repairLeaseMs, id, dead.attempt]);
  if (affectedRows === 0) return undefined;
  const own = [id, dead.attempt + 1];
  return {
    // affectedRows counts the rows found, so a pass that had ended already counts, too.
    endPass: async (pass) => (await change(endPassSql, [pass, ...own])).affectedRows === 1,
    release: async () => void (await change(releaseSql, own)),
  };
}
