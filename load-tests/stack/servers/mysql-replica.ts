import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { Keeper } from '../processes/keeper.ts';
import { type MysqlServer, startMysql } from './mysql.ts';

/** Starts a replica of `primary`, which keeps a binary log, and waits until it has caught up. It takes no writes. */
export async function startReplica(program: string, keeper: Keeper, primary: MysqlServer): Promise<MysqlServer> {
  const { password } = new URL(primary.adminUrl);
  const replica = await startMysql(program, keeper, { name: 'mysql-replica', serverId: 2, password });
  await asAdmin(replica, ['SET GLOBAL read_only = ON']);
  await follow(replica, primary);
  await catchUp(replica, primary);
  return replica;
}

/**
 * A planned switchover from a primary to its replica: the old primary takes no more writes, the new one has all of them, and
 * the old one is its replica from then on.
 *
 * @throws when the replica has not caught up after a minute.
 */
export async function switchOver(primary: MysqlServer, replica: MysqlServer): Promise<void> {
  await asAdmin(primary, ['SET GLOBAL read_only = ON']);
  await catchUp(replica, primary);
  await asAdmin(replica, [isMariaDb(replica) ? 'STOP SLAVE' : 'STOP REPLICA', 'SET GLOBAL read_only = OFF']);
  await follow(primary, replica);
}

/** Waits until the replica has what the primary has written. @throws after a minute. */
async function catchUp(replica: MysqlServer, primary: MysqlServer): Promise<void> {
  const [position, has] = isMariaDb(replica)
    ? ['@@gtid_binlog_pos', 'MASTER_GTID_WAIT']
    : ['@@global.gtid_executed', 'WAIT_FOR_EXECUTED_GTID_SET'];
  const [written] = await asAdmin(primary, [`SELECT ${position} AS gtid`]);
  const [caughtUp] = await asAdmin(replica, [`SELECT ${has}(?, 60) = 0 AS has_all`], [written?.gtid]);
  if (caughtUp?.has_all !== 1) throw new Error('the replica did not catch up');
}

/** Makes a server the replica of one that has all of its writes. */
async function follow(server: MysqlServer, { adminUrl }: MysqlServer): Promise<void> {
  const { hostname, port, username, password } = new URL(adminUrl);
  const source = (prefix: string) =>
    Object.entries({ HOST: `'${hostname}'`, PORT: port, USER: `'${username}'`, PASSWORD: `'${password}'` })
      .map(([option, value]) => `${prefix}_${option} = ${value}`)
      .join(', ');
  const statements = isMariaDb(server)
    ? [
        'SET GLOBAL gtid_slave_pos = @@gtid_binlog_pos', // what it has written itself counts as copied
        `CHANGE MASTER TO ${source('MASTER')}, MASTER_USE_GTID = slave_pos`,
        'START SLAVE',
      ]
    : [
        `CHANGE REPLICATION SOURCE TO ${source('SOURCE')}, SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1`,
        'START REPLICA',
      ];
  await asAdmin(server, statements);
}

const isMariaDb = ({ version }: MysqlServer): boolean => version.includes('MariaDB');

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
