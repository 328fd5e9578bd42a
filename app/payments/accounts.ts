import { isReadOnlySql, type Statements } from '../database/statements.ts';
import type { AccountStore, FlagWrite } from '../lock-modes/index.ts';

/** Joins the open charges (those without a refund) `c` of the users `u`. */
export const openChargesJoin =
  'charges c ON c.user_id = u.id AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = c.id)';

interface AccountRow {
  paid: number;
  version: number;
  charge_id: number | null;
  amount: number | null;
  paid_by: number | null;
}

export const readSql = `SELECT u.paid, u.version, u.paid_by, c.id AS charge_id, c.amount, ${isReadOnlySql} AS is_read_only
  FROM users u LEFT JOIN ${openChargesJoin} WHERE u.id = ? ORDER BY c.id`;

const amountSql = 'SELECT amount FROM charges WHERE id = ?';

// The statement that overwrites a version also stores the version the request had read; a trigger records both within
// that statement. No write can come between the two, so every stale write is recorded.
export const writeSql = `UPDATE users SET paid = ?, paid_by = ?, version = version + 1, read_version = ?,
  attempt_id = ?, request_id = ?, instance = ?
  WHERE id = ?`;

// A token may exceed 2^53, so it is sent as text and compared as an integer.
const registerFenceSql = `UPDATE users SET fence = CAST(? AS UNSIGNED) WHERE id = ? AND fence < CAST(? AS UNSIGNED)`;
const fenceSql = 'SELECT CAST(fence AS CHAR) AS fence FROM users WHERE id = ?';

/** The accounts in MySQL or MariaDB. */
export function createAccountStore(statements: Statements, instance: string): AccountStore {
  return {
    async read(userId) {
      const rows = await statements.selectCurrent<AccountRow>(readSql, [userId]);
      const [user] = rows;
      if (!user) return undefined;
      const openCharges = rows.flatMap(({ charge_id: id, amount }) => (id && amount ? [{ id, amount }] : []));
      const account = { paid: user.paid === 1, version: user.version, openCharges };
      if (!account.paid || user.paid_by === null) return account;
      const paidBy = openCharges.find(({ id }) => id === user.paid_by);
      if (paidBy) return { ...account, paidBy };
      // It is refunded. Its amount never changes, so it may be read later than the rest.
      const [charge] = await statements.select<{ amount: number }>(amountSql, [user.paid_by]);
      return { ...account, ...(charge && { refundedAmount: charge.amount }) };
    },
    async write({ userId, change, readVersion, attempt, onlyIf }) {
      const condition = conditionSql(onlyIf);
      const flag = change.paid ? [1, change.paidBy] : [0, null];
      const values = [...flag, readVersion, attempt.id, attempt.requestId, instance, userId, ...condition.values];
      const { affectedRows } = await statements.change(`${writeSql}${condition.sql}`, values);
      return affectedRows === 1 ? 'written' : 'refused';
    },
    async registerFence(userId, token) {
      const { affectedRows } = await statements.change(registerFenceSql, [String(token), userId, String(token)]);
      if (affectedRows === 1) return { outcome: 'registered' };
      const [row] = await statements.select<{ fence: string }>(fenceSql, [userId]);
      return row ? { outcome: 'stale-token', seen: BigInt(row.fence) } : { outcome: 'unknown-user' };
    },
  };
}

function conditionSql(onlyIf: FlagWrite['onlyIf']): { sql: string; values: (string | number)[] } {
  if (!onlyIf) return { sql: '', values: [] };
  const { version, paid, fence } = onlyIf;
  const conditions: { sql: string; value: string | number }[] = [];
  if (version !== undefined) conditions.push({ sql: ' AND version = ?', value: version });
  if (paid !== undefined) conditions.push({ sql: ' AND paid = ?', value: paid ? 1 : 0 });
  if (fence !== undefined) conditions.push({ sql: ' AND fence = CAST(? AS UNSIGNED)', value: String(fence) });
  return { sql: conditions.map(({ sql }) => sql).join(''), values: conditions.map(({ value }) => value) };
}
