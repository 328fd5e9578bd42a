import type { Statements } from '../../database/statements.ts';
import { openChargesOf } from '../../payments/accounts.ts';
import type { BookedCharge, Standing } from './plan.ts';

interface StandingRow {
  paid: number;
  version: number;
  flag_age_ms: number | null;
  newest_read: number | null;
  last_amount: number | null;
  charged_ms_ago: number | null;
  refunded_ms_ago: number | null;
  charge_id: number | null;
  amount: number;
  request_id: string;
  age_ms: number;
  wrote: number | null;
  was_paid_by: number;
}

// By the server's clock, which has written all of these moments, and as seconds since 1970: in local time, an hour comes
// twice a year. Of what is committed while the statement runs, the age is negative.
const ageMs = (moment: string) =>
  `(UNIX_TIMESTAMP() + MICROSECOND(NOW(6)) * 0.000001 - UNIX_TIMESTAMP(${moment})) * 1000`;

// One statement, so that all of it is of one moment. A request id may come again, when its client tries once more: a
// write belongs to a charge that was made before it. A write that no request has made has read what it overwrote.
const standingSql = `SELECT u.paid, u.version,
    (SELECT ${ageMs('MAX(w.created_at)')} FROM flag_writes w WHERE w.user_id = u.id) AS flag_age_ms,
    (SELECT MAX(COALESCE(w.read_version, w.overwritten_version)) FROM flag_writes w WHERE w.user_id = u.id) AS newest_read,
    (SELECT l.amount FROM charges l WHERE l.user_id = u.id ORDER BY l.id DESC LIMIT 1) AS last_amount,
    (SELECT ${ageMs('MAX(l.created_at)')} FROM charges l WHERE l.user_id = u.id) AS charged_ms_ago,
    (SELECT ${ageMs('MAX(r.created_at)')} FROM charges l JOIN refunds r ON r.charge_id = l.id WHERE l.user_id = u.id)
      AS refunded_ms_ago,
    c.id AS charge_id, c.amount, c.request_id, ${ageMs('c.created_at')} AS age_ms,
    (SELECT MAX(w.overwritten_version) + 1 FROM flag_writes w WHERE w.user_id = u.id AND w.paid = 1
      AND w.request_id = c.request_id AND w.created_at >= c.created_at) AS wrote,
    u.paid AND c.request_id = u.request_id AS was_paid_by
  FROM users u LEFT JOIN ${openChargesOf('u.id')} WHERE u.id = ? ORDER BY c.id`;

/** @returns what {@link planRepair} goes by; undefined when there is no such user. */
export async function readStanding(
  { select }: Pick<Statements, 'select'>,
  userId: number,
): Promise<Standing | undefined> {
  const rows = await select<StandingRow>(standingSql, [userId]);
  const [user] = rows;
  if (!user) return undefined;
  const openCharges = user.charge_id === null ? [] : rows.map(bookedCharge);
  const paidBy = openCharges[rows.findIndex((row) => row.was_paid_by)]; // if any is open, each row has one
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
  };
}

function bookedCharge(row: StandingRow): BookedCharge {
  const { charge_id: id, amount, request_id: requestId, age_ms: ageMs, wrote } = row;
  return { id: id ?? 0, amount, requestId, ageMs, ...(wrote !== null && { wrote }) };
}
