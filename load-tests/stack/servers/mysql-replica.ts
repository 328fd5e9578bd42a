import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Keeper } from '../processes/keeper.ts';
import { type MysqlServer, startMysql } from './mysql.ts';

/** Starts a replica of `primary`, which keeps a binary log. It takes no writes until it is promoted. */
export async function startReplica(program: string, keeper: Keeper, primary: MysqlServer): Promise<MysqlServer> {
  const { hostname, port, username, password } = new URL(primary.adminUrl);
  const replica = await startMysql(program, keeper, { name: 'mysql-replica', serverId: 2, password });
  const isMariaDb = replica.version.includes('MariaDB');
  const source = (prefix: string) =>
    Object.entries({ HOST: `'${hostname}'`, PORT: port, USER: `'${username}'`, PASSWORD: `'${password}'` })
      .map(([option, value]) => `${prefix}_${option} = ${value}`)
      .join(', ');
  const follow = isMariaDb
    ? [`CHANGE MASTER TO ${source('MASTER')}, MASTER_USE_GTID = slave_pos`, 'START SLAVE']
    : [
        `CHANGE REPLICATION SOURCE TO ${source('SOURCE')}, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
        'START REPLICA',
      ];
  await asAdmin(replica, ['SET GLOBAL read_only = ON', ...follow]);
  return replica;
}

/**
 * Makes the replica the primary, as a planned switchover does: the old one takes no more writes, the new one has all of them
 * and follows no longer.
 */
export async function promote(replica: MysqlServer, primary: MysqlServer): Promise<void> {
  const isMariaDb = replica.version.includes('MariaDB');
  await asAdmin(primary, ['SET GLOBAL read_only = ON']);
  const position = isMariaDb ? 'SELECT @@gtid_binlog_pos AS gtid' : 'SELECT @@global.gtid_executed AS gtid';
  const has = isMariaDb
    ? 'SELECT MASTER_GTID_WAIT(?, 60) = 0 AS has_all'
    : 'SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 60) = 0 AS has_all';
  const [written] = await asAdmin(primary, [position]);
  const [caughtUp] = await asAdmin(replica, [has], [written?.gtid]);
  if (caughtUp?.has_all !== 1) throw new Error('the replica did not catch up');
  await asAdmin(replica, [isMariaDb ? 'STOP SLAVE' : 'STOP REPLICA', 'SET GLOBAL read_only = OFF']);
}

/** Runs statements one after the other. @returns the rows of the last. */
async function asAdmin(server: MysqlServer, statements: readonly string[], values: unknown[] = []) {
  const connection = await createConnection(server.adminUrl);
  try {
    let rows: RowDataPacket[] = [];
    for (const sql of statements) [rows] = await connection.query<RowDataPacket[]>(sql, values);
    return rows;
  } finally {
    await connection.end();
  }
}
