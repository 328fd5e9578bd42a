import { createConnection, type QueryOptions, type RowDataPacket } from 'mysql2/promise';

/** A write of a user's flag, as the database has recorded it within the statement that wrote. */
export interface RecordedWrite {
  readonly userId: number;
  /** Who wrote. */
  readonly requestId: string;
  /** The version that the writer had read; what it overwrote; what it made is one more. */
  readonly readVersion: number;
  readonly overwroteVersion: number;
}

/** A charge that nobody has refunded. */
export interface OpenCharge {
  readonly chargeId: number;
  readonly userId: number;
  readonly amount: number;
  /** Who charged. */
  readonly requestId: string;
}

/** @returns every write of the flag of the users there are. Asked of the database itself, past the instances. */
export function readWrites(mysqlUrl: string): Promise<RecordedWrite[]> {
  return withConnection(mysqlUrl, (ask) =>
    ask(`SELECT w.user_id AS userId, w.request_id AS requestId, w.read_version AS readVersion,
      w.overwritten_version AS overwroteVersion
    FROM flag_writes w JOIN users u ON u.id = w.user_id WHERE w.read_version IS NOT NULL`),
  );
}

/** @returns what is charged to users who have no access for it: when nobody is at work, charges that were never finished. */
export function readUnfinishedCharges(mysqlUrl: string): Promise<OpenCharge[]> {
  return withConnection(mysqlUrl, (ask) =>
    ask(`SELECT c.id AS chargeId, c.user_id AS userId, c.amount, c.request_id AS requestId
    FROM charges c JOIN users u ON u.id = c.user_id AND NOT u.paid
    WHERE NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = c.id) ORDER BY c.id`),
  );
}

const withinMs = 10_000;

/** Puts one question to the database. @throws when it does not answer in time. */
export type Ask = <Row>(sql: string, values?: QueryOptions['values']) => Promise<Row[]>;

/** Has `work` ask the database over a connection of its own. @throws what `work` throws, and when nobody answers in time. */
export async function withConnection<T>(mysqlUrl: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: mysqlUrl, connectTimeout: withinMs });
  try {
    return await work(async (sql, values) => {
      const [rows] = await connection.query<RowDataPacket[]>({ sql, values, timeout: withinMs });
      return rows as never;
    });
  } finally {
    connection.destroy();
  }
}
