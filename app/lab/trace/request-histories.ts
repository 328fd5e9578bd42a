import type { Statements } from '../../database/statements.ts';
import type { RecordedStep, RequestHistory } from '../audit-schema.ts';

interface StepRow {
  user_id: number;
  /** Microseconds since 1970. */
  at_us: number;
  did: 'charged' | 'refunded' | 'wrote';
  /** Of a row from before there were attempts, the request's id. */
  attempt: string;
  request_id: string;
  instance: string;
  charge_id: number;
  amount: number;
  paid: number;
  read_version: number;
  overwritten_version: number;
}

const micros = (column: string) => `CAST(UNIX_TIMESTAMP(${column}) * 1000000 AS UNSIGNED) AS at_us`;

const stepsSql = `
  SELECT user_id, ${micros('created_at')}, 'charged' AS did, COALESCE(attempt_id, request_id) AS attempt, request_id, instance, id AS charge_id, amount,
    NULL AS paid, NULL AS read_version, NULL AS overwritten_version
  FROM charges WHERE user_id IN (?)
  UNION ALL
  SELECT c.user_id, ${micros('r.created_at')}, 'refunded', COALESCE(r.attempt_id, r.request_id), r.request_id, r.instance, c.id, c.amount, NULL, NULL, NULL
  FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE c.user_id IN (?)
  UNION ALL
  SELECT user_id, ${micros('created_at')}, 'wrote', COALESCE(attempt_id, request_id), request_id, instance, NULL, NULL, paid, read_version, overwritten_version
  FROM flag_writes WHERE user_id IN (?)
  ORDER BY user_id, at_us`;

/**
 * Reads, for each user, what the requests did since flag and ledger last agreed with no request in progress: the requests
 * that led to the user's present state.
 */
export async function readRequestHistories(
  { text }: Pick<Statements, 'text'>,
  userIds: readonly number[],
): Promise<Map<number, RequestHistory[]>> {
  const histories = new Map<number, RequestHistory[]>();
  if (userIds.length === 0) return histories;
  const rows = await text<StepRow>(stepsSql, [userIds, userIds, userIds]);
  for (const id of userIds) {
    const own = rows.filter((row) => row.user_id === id);
    histories.set(id, byRequest(sinceLastQuietPoint(own)));
  }
  return histories;
}

/**
 * @returns the steps since flag and ledger last agreed with no request in progress: every request that had begun had
 *   done its last step, and every later write was decided on a later read.
 */
function sinceLastQuietPoint(rows: readonly StepRow[]): readonly StepRow[] {
  const lastStepOf = new Map(rows.map((row, index) => [row.attempt, index]));
  const oldestReadFrom = oldestReads(rows);
  const open = new Set<number>();
  let paid = false;
  let version = 0;
  let busyUntil = -1; // the last step of any request seen so far
  let quietFrom = 0;
  rows.forEach((row, index) => {
    if (row.did === 'charged') open.add(row.charge_id);
    else if (row.did === 'refunded') open.delete(row.charge_id);
    else {
      paid = row.paid === 1;
      version = row.overwritten_version + 1;
    }
    busyUntil = Math.max(busyUntil, lastStepOf.get(row.attempt) ?? index);
    const isQuiet = busyUntil === index && (oldestReadFrom[index + 1] ?? version) >= version;
    if (isQuiet && open.size === (paid ? 1 : 0)) quietFrom = index + 1;
  });
  return rows.slice(quietFrom);
}

/** @returns for each step the oldest version that it or a later step was decided on. */
function oldestReads(rows: readonly StepRow[]): number[] {
  const oldest: number[] = [];
  for (let index = rows.length - 1, known = Number.POSITIVE_INFINITY; index >= 0; index--) {
    const row = rows[index];
    if (row?.did === 'wrote') known = Math.min(known, row.read_version);
    oldest[index] = known;
  }
  return oldest;
}

function byRequest(rows: readonly StepRow[]): RequestHistory[] {
  const writers = new Map<number, string>(); // by version
  const requests = new Map<string, { requestId: string; instance: string; rows: StepRow[] }>();
  for (const row of rows) {
    if (row.did === 'wrote') writers.set(row.overwritten_version + 1, row.request_id);
    const request = requests.get(row.attempt) ?? { requestId: row.request_id, instance: row.instance, rows: [] };
    request.rows.push(row);
    requests.set(row.attempt, request);
  }
  return [...requests.values()].map(({ requestId, instance, rows: own }) => ({
    requestId,
    instance,
    command: own.some((row) => row.did === 'charged' || row.paid === 1) ? 'pay' : 'cancel',
    steps: own.map((row) => stepOf(row, writers)),
  }));
}

function stepOf(row: StepRow, writers: ReadonlyMap<number, string>): RecordedStep {
  const at = isoMicros(row.at_us);
  if (row.did !== 'wrote') return { at, did: row.did, chargeId: row.charge_id, amount: row.amount };
  const overwrote = row.read_version === row.overwritten_version ? undefined : writers.get(row.overwritten_version);
  return {
    at,
    did: 'wrote',
    paid: row.paid === 1,
    readVersion: row.read_version,
    overwroteVersion: row.overwritten_version,
    ...(overwrote !== undefined && { overwrote }),
  };
}

/** @returns an RFC 3339 time in UTC, with microseconds. */
function isoMicros(us: number): string {
  const seconds = new Date(Math.floor(us / 1000)).toISOString().slice(0, -1);
  return `${seconds}${String(us % 1000).padStart(3, '0')}Z`;
}
