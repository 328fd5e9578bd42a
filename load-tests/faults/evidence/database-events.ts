import { describeStaleWrite, describeWrite } from '../../../app/web/page/trace/stale-write.ts';
import type { SentRequest } from '../context/requests.ts';
import { withConnection } from './records.ts';
import { createServerClock, synchronize } from './server-clock.ts';
import type { EventData, EventLog } from './timeline.ts';

/** A raw row: a column that is NULL in the UNION's first part may arrive as text. */
interface DatabaseEventRow {
  readonly did: 'charged' | 'refunded' | 'wrote';
  /** Seconds since 1970, to the microsecond. */
  readonly at_s: string;
  readonly user_id: number;
  readonly request_id: string;
  readonly instance: string;
  /** The request that made the refunded charge. */
  readonly charged_by: string | null;
  readonly charge_id: number | string | null;
  readonly amount: number | string | null;
  readonly paid: number | string | null;
  readonly read_version: number | string | null;
  readonly overwritten_version: number | string | null;
}

const eventsSql = `
  SELECT 'charged' AS did, UNIX_TIMESTAMP(created_at) AS at_s, user_id, request_id, instance, NULL AS charged_by, id AS charge_id, amount,
    NULL AS paid, NULL AS read_version, NULL AS overwritten_version
  FROM charges WHERE request_id IN (?)
  UNION ALL
  SELECT 'refunded', UNIX_TIMESTAMP(r.created_at), c.user_id, r.request_id, r.instance, c.request_id, c.id, c.amount, NULL, NULL, NULL
  FROM refunds r JOIN charges c ON c.id = r.charge_id WHERE r.request_id IN (?)
  UNION ALL
  SELECT 'wrote', UNIX_TIMESTAMP(created_at), user_id, request_id, instance, NULL, NULL, NULL, paid, read_version, overwritten_version
  FROM flag_writes WHERE request_id IN (?)
  ORDER BY at_s`;

/**
 * Records the requests' charges, refunds and flag writes, from the database.
 *
 * @returns each request's first event, by name, in times of this process's monotonic clock.
 * @throws when the database does not answer.
 */
export async function recordDatabaseEvents(
  mysqlUrl: string,
  requests: readonly Pick<SentRequest, 'requestId' | 'who'>[],
  record: EventLog['record'],
): Promise<ReadonlyMap<string, number>> {
  const firsts = new Map<string, number>();
  if (requests.length === 0) return firsts;
  const names = new Map(requests.map(({ requestId, who }) => [requestId, who]));
  return withConnection(mysqlUrl, async (ask) => {
    const clock = createServerClock();
    await synchronize(clock, async () => {
      const [now] = await ask<{ now_s: string }>('SELECT UNIX_TIMESTAMP(SYSDATE(6)) AS now_s');
      return Number(now?.now_s) * 1000;
    });
    const ids = [...names.keys()];
    const rows = await ask<DatabaseEventRow>(eventsSql, [ids, ids, ids]);
    const nameOf: NameOf = (requestId) => (requestId === null ? undefined : names.get(requestId)) ?? unknownRequest;
    for (const row of rows) {
      const atMs = clock.toLocalMs(Number(row.at_s) * 1000);
      const who = nameOf(row.request_id);
      if (!firsts.has(who)) firsts.set(who, atMs);
      record(...(row.did === 'wrote' ? recordWrite(row, rows, nameOf) : describeLedgerEntry(row, nameOf)), atMs);
    }
    return firsts;
  });
}

/** Name of a request that is not one of the cell's. */
export const unknownRequest = 'unknown request';

type NameOf = (requestId: string | null) => string;

function describeLedgerEntry(row: DatabaseEventRow, nameOf: NameOf): [string, EventData] {
  const { instance: at } = row;
  const [who, chargeId, amount] = [nameOf(row.request_id), Number(row.charge_id), Number(row.amount)];
  if (row.did === 'charged') return [`${who} charges ${amount}`, { kind: 'charged', who, at, chargeId, amount }];
  const chargeOf = nameOf(row.charged_by);
  return [`${who} refunds the charge of ${chargeOf}`, { kind: 'refunded', who, at, chargeId, chargeOf }];
}

function recordWrite(row: DatabaseEventRow, rows: readonly DatabaseEventRow[], nameOf: NameOf): [string, EventData] {
  const [who, at, paid] = [nameOf(row.request_id), row.instance, Number(row.paid) === 1];
  const [readVersion, overwritten] = [Number(row.read_version), Number(row.overwritten_version)];
  const wrote = { kind: 'wrote', who, at, paid, version: overwritten + 1, readVersion } as const;
  const write = { overwrote: overwritten, paid, readVersion };
  if (readVersion === overwritten) return [`${who} ${describeWrite(write)}`, { ...wrote, isStale: false }];
  const victim = rows.find(
    (other) =>
      other.did === 'wrote' && other.user_id === row.user_id && Number(other.overwritten_version) + 1 === overwritten,
  );
  const lost = victim ? nameOf(victim.request_id) : unknownRequest;
  const lostWrite = victim && { paid: Number(victim.paid) === 1 };
  return [`${who} ${describeStaleWrite(write, lostWrite, lost)}`, { ...wrote, isStale: true, lost }];
}
