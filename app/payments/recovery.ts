import type { Statements } from '../database/statements.ts';

/** A charge that the request made in an earlier execution. */
interface OwnCharge {
  readonly id: number;
  readonly amount: number;
  /** The processor's key of its refund. Absent while the charge is open; null if the refund had none. */
  readonly refundedBy?: string | null;
}

/** Finds what earlier executions of a request have done, in the ledger and the recorded flag writes. */
export interface Recovery {
  /** @param key the processor's key of the charge. */
  findCharge(key: string): Promise<OwnCharge | undefined>;
  /** @param id of the request: see {@link Attempt}. */
  findCancel(id: string): Promise<{ readonly hasRefunded: boolean; readonly hasCleared: boolean }>;
}

/** A FROM clause: the charges that their own request has not taken back; see {@link takeBackKeyOf}. */
export const keptCharges = `charges c LEFT JOIN refunds taken_back ON taken_back.charge_id = c.id
  AND taken_back.processor_key = CONCAT(c.processor_key, '/back') WHERE taken_back.id IS NULL`;

const chargeSql = `SELECT c.id, c.amount, r.id IS NOT NULL AS is_refunded, r.processor_key AS refunded_by
  FROM charges c LEFT JOIN refunds r ON r.charge_id = c.id WHERE c.processor_key = ?`;
const cancelSql = `SELECT EXISTS (SELECT 1 FROM refunds WHERE attempt_id = ?) AS refunded,
  EXISTS (SELECT 1 FROM flag_writes WHERE attempt_id = ? AND NOT paid) AS cleared`;

export function createRecovery({ select }: Pick<Statements, 'select'>): Recovery {
  return {
    async findCharge(key) {
      interface Row {
        id: number;
        amount: number;
        is_refunded: number;
        refunded_by: string | null;
      }
      const [row] = await select<Row>(chargeSql, [key]);
      return row && { id: row.id, amount: row.amount, ...(row.is_refunded && { refundedBy: row.refunded_by }) };
    },
    async findCancel(id) {
      const [row] = await select<{ refunded: number; cleared: number }>(cancelSql, [id, id]);
      return { hasRefunded: row?.refunded === 1, hasCleared: row?.cleared === 1 };
    },
  };
}
