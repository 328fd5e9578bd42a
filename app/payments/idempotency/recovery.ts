import type { Statements } from '../../database/statements.ts';
import { findCharge, type RecordedCharge } from '../processor.ts';

/** What a cancel has done so far. */
interface CancelRecord {
  readonly hasRefunded: boolean;
  /** True if the request has cleared the flag, or the reconcile job in its place. */
  readonly hasCleared: boolean;
  /** True if a rival has cleared the flag after its first refund, and before it did so itself. */
  readonly isSuperseded: boolean;
  /** The user's charges that were made since its first refund: it cancels none of these. */
  readonly laterCharges: readonly number[];
}

/** Finds what earlier executions of a request have done, in the ledger and the recorded flag writes. */
export interface Recovery {
  /** @param key the processor's key of the charge. */
  findCharge(key: string): Promise<RecordedCharge | undefined>;
  /** @param id of the request: see {@link Attempt}. */
  findCancel(userId: number, id: string): Promise<CancelRecord>;
}

/** A FROM clause: the charges that their own request has not taken back; see `processorKeys`. */
export const keptCharges = `charges c LEFT JOIN refunds taken_back ON taken_back.charge_id = c.id
  AND taken_back.processor_key = CONCAT(c.processor_key, '/back') WHERE taken_back.id IS NULL`;

const cancelSql = `SELECT EXISTS (SELECT 1 FROM refunds WHERE attempt_id = ?) AS refunded,
  EXISTS (SELECT 1 FROM flag_writes WHERE attempt_id = ? AND NOT paid) AS cleared,
  EXISTS (SELECT 1 FROM flag_writes w WHERE w.user_id = ? AND NOT w.paid AND NOT w.attempt_id <=> ?
    AND w.created_at >= (SELECT MIN(r.created_at) FROM refunds r WHERE r.attempt_id = ?)
    AND NOT EXISTS (SELECT 1 FROM flag_writes own WHERE own.attempt_id = ? AND NOT own.paid AND own.id < w.id)) AS superseded`;
const laterChargesSql = `SELECT c.id FROM charges c WHERE c.user_id = ?
  AND c.created_at > (SELECT MIN(r.created_at) FROM refunds r WHERE r.attempt_id = ?)`;

export function createRecovery(statements: Pick<Statements, 'select'>): Recovery {
  const { select } = statements;
  return {
    findCharge: (key) => findCharge(statements, key),
    async findCancel(userId, id) {
      const values = [id, id, userId, id, id, id];
      const [row] = await select<{ refunded: number; cleared: number; superseded: number }>(cancelSql, values);
      const hasRefunded = row?.refunded === 1;
      const later = hasRefunded ? await select<{ id: number }>(laterChargesSql, [userId, id]) : [];
      return {
        hasRefunded,
        hasCleared: row?.cleared === 1,
        isSuperseded: row?.superseded === 1,
        laterCharges: later.map((charge) => charge.id),
      };
    },
  };
}
