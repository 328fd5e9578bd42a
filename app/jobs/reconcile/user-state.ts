import { isReadOnlySql, type Statements } from '../../database/statements.ts';
import { openChargesJoin } from '../../payments/accounts.ts';
import type { LedgerCharge, UserState } from './plan.ts';

interface UserStateRow {
  paid: number;
  version: number;
  flag_age_ms: number | null;
  newest_read: number | null;
  last_amount: number | null;
  canceller: string | null;
  charged_ms_ago: number | null;
  refunded_ms_ago: number | null;
  charge_id: number | null;
  amount: number;
  request_id: string;
  age_ms: number;
  wrote_version: number | null;
  was_paid_by: number;
  processor_key: string | null;
  attempt_id: string | null;
  key_pass: number | null;
}

// By the server's clock, which wrote these times, in seconds since 1970: local times repeat when daylight saving ends.
// Negative for what is committed while the statement runs.
const ageMs = (moment: string) =>
  `(UNIX_TIMESTAMP() + MICROSECOND(NOW(6)) * 0.000001 - UNIX_TIMESTAMP(${moment})) * 1000`;

// One statement, for one consistent snapshot. A write without a request counts as having read what it overwrote.
const userStateSql = `SELECT u.paid, u.version,
    (SELECT ${ageMs('MAX(w.created_at)')} FROM flag_writes w WHERE w.user_id = u.id) AS flag_age_ms,
    (SELECT MAX(COALESCE(w.read_version, w.overwritten_version)) FROM flag_writes w WHERE w.user_id = u.id) AS newest_read,
    (SELECT l.amount FROM charges l WHERE l.user_id = u.id ORDER BY l.id DESC LIMIT 1) AS last_amount,
    (SELECT r.attempt_id FROM refunds r WHERE r.charge_id = u.paid_by) AS canceller,
    (SELECT ${ageMs('MAX(l.created_at)')} FROM charges l WHERE l.user_id = u.id) AS charged_ms_ago,
    (SELECT ${ageMs('MAX(r.created_at)')} FROM charges l JOIN refunds r ON r.charge_id = l.id WHERE l.user_id = u.id)
      AS refunded_ms_ago,
    c.id AS charge_id, c.amount, c.request_id, ${ageMs('c.created_at')} AS age_ms,
    (SELECT MAX(w.overwritten_version) + 1 FROM flag_writes w WHERE w.user_id = u.id AND w.paid = 1
      AND w.paid_by = c.id) AS wrote_version,
    u.paid AND c.id = u.paid_by AS was_paid_by, c.processor_key, c.attempt_id,
    (SELECT k.pass FROM idempotency_keys k WHERE k.execution_id = c.attempt_id AND k.answer IS NULL) AS key_pass,
    ${isReadOnlySql} AS is_read_only
  FROM users u LEFT JOIN ${openChargesJoin} WHERE u.id = ? ORDER BY c.id`;

/**
 * @returns the input of {@link planRepair}; undefined if there is no such user.
 * @throws {ReadOnlyServerError} if the server is read-only: what it has may be out of date.
 */
export async function readUserState(
  { selectCurrent }: Pick<Statements, 'selectCurrent'>,
  userId: number,
): Promise<UserState | undefined> {
  const rows = await selectCurrent<UserStateRow>(userStateSql, [userId]);
  const [user] = rows;
  if (!user) return undefined;
  const openCharges = user.charge_id === null ? [] : rows.map(ledgerCharge);
  const paidBy = openCharges[rows.findIndex((row) => row.was_paid_by)]; // rows and open charges match, if there are any
  const flagAgeMs = user.flag_age_ms ?? Number.POSITIVE_INFINITY;
  const last = [flagAgeMs, user.charged_ms_ago, user.refunded_ms_ago].filter((ms) => ms !== null);
  return {
    userId,
    paid: user.paid === 1,
    version: user.version,
    openCharges,
    ...(paidBy && { paidBy }),
    quietMs: Math.min(...last),
    flagAgeMs,
    newestRead: user.newest_read ?? -1,
    lastAmount: user.last_amount ?? 0,
    ...(user.canceller !== null && { canceller: user.canceller }),
  };
}

function ledgerCharge(row: UserStateRow): LedgerCharge {
  const { charge_id: id, amount, request_id: requestId, age_ms: ageMs, wrote_version: wroteVersion } = row;
  const pass = Number(/\/pass-(\d+)$/.exec(row.processor_key ?? '')?.[1]);
  const keyed = row.key_pass !== null && { id: row.attempt_id ?? '', pass, hasEnded: row.key_pass > pass };
  return {
    id: id ?? 0,
    amount,
    requestId,
    ageMs,
    ...(wroteVersion !== null && { wroteVersion }),
    ...(keyed && { keyed }),
  };
}
