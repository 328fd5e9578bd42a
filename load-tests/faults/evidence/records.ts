import { createConnection, type QueryOptions, type RowDataPacket } from 'mysql2/promise';

/** A flag write, as recorded by the statement that wrote. */
export interface RecordedWrite {
  readonly userId: number;
  readonly requestId: string;
  /** The version that the request had read. */
  readonly readVersion: number;
  /** The version that it overwrote; it wrote the next one. */
  readonly overwroteVersion: number;
}

/** A charge without a refund. */
export interface OpenCharge {
  readonly chargeId: number;
  readonly userId: number;
  readonly amount: number;
  readonly requestId: string;
}

/** @returns all flag writes of the current users, directly from the database. */
export function readWrites(mysqlUrl: string): Promise<RecordedWrite[]> {
  return withConnection(mysqlUrl, (ask) =>
    ask(`SELECT w.user_id AS userId, w.request_id AS requestId, w.read_version AS readVersion,
      w.overwritten_version AS overwroteVersion
    FROM flag_writes w JOIN users u ON u.id = w.user_id WHERE w.read_version IS NOT NULL`),
  );
}

/** @returns open charges of users without access: once quiet, those of requests that died. */
export function readUnfinishedCharges(mysqlUrl: string): Promise<OpenCharge[]> {
  return withConnection(mysqlUrl, (ask) =>
    ask(`SELECT c.id AS chargeId, c.user_id AS userId, c.amount, c.request_id AS requestId
    FROM charges c JOIN users u ON u.id = c.user_id AND NOT u.paid
    WHERE NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = c.id) ORDER BY c.id`),
  );
}

const timeoutMs = 10_000;

/** Runs a query. @throws after the timeout. */
export type Ask = <Row>(sql: string, values?: QueryOptions['values']) => Promise<Row[]>;

/** Runs `work` with its own database connection. */
export async function withConnection<T>(mysqlUrl: string, work: (ask: Ask) => Promise<T>): Promise<T> {
  const connection = await createConnection({ uri: mysqlUrl, connectTimeout: timeoutMs });
  try {
    return await work(async (sql, values) => {
      const [rows] = await connection.query<RowDataPacket[]>({ sql, values, timeout: timeoutMs });
      return rows as never;
    });
  } finally {
    connection.destroy();
  }
}
