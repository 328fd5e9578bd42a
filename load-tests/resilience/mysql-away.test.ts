import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../app/database/open.ts';
import { call, heldRequest } from '../../app/testing/client.ts';
import { listen } from '../../app/testing/event-stream.ts';
import { type OpenInstance, readyInstance } from '../../app/testing/instance.ts';
import { soon, until } from '../../app/testing/until.ts';
import { migrate } from '../../migrations/migrate.ts';
import { findPrograms } from '../stack/install/programs.ts';
import { type Keeper, startKeeper } from '../stack/processes/keeper.ts';
import { type MysqlServer, startMysql } from '../stack/servers/mysql.ts';
import { callsTo, expectUnavailable } from './own-stack.ts';

let keeper: Keeper;
let mysql: MysqlServer;
/** Gives up soon: for what has to be given up. */
let hasty: OpenInstance;
/** For the rest, however slow the machine is. */
let patient: OpenInstance;

beforeAll(async () => {
  keeper = await startKeeper();
  mysql = await startMysql(findPrograms().mysql ?? 'mysqld', keeper);
  const db = openDatabase({ url: mysql.url, poolMax: 4, timeoutMs: 30_000, say: () => {} });
  await migrate(db);
  await db.destroy();
  const env = { MYSQL_URL: mysql.url, GATEWAY_MS: '5', LOCK_MODE: 'redis', LAB: 'on' };
  hasty = await readyInstance({ ...env, INSTANCE: 'hasty', MYSQL_TIMEOUT_MS: '1100' });
  patient = await readyInstance({ ...env, INSTANCE: 'patient' });
});
afterAll(async () => {
  for (const instance of [hasty, patient]) await instance?.[Symbol.asyncDispose]();
  await keeper?.end();
});

const { post, untilItPays: untilHastyPays } = callsTo(() => hasty.url);
const { user, freshUsers, untilItPays } = callsTo(() => patient.url);

describe('while MySQL is away', () => {
  test('stopped: every request is refused; then the service recovers, and no answered payment is lost', async () => {
    const ids = await freshUsers(7);
    const [later = 0, paid = 0, ...others] = ids;
    await untilItPays([paid]);
    await using trace = await listen('/lab/trace?trace=away', { url: hasty.url });
    await mysql.stop();
    try {
      for (const answer of await Promise.all(others.map((id) => post('pay', id)))) expectUnavailable(answer);
      expectUnavailable(
        await post('pay', paid, { 'x-lock-mode': 'none', 'x-lab-trace': 'away', 'x-request-id': 'traced' }),
      );
      const steps = () => trace.events.filter(({ data }) => data.requestId === 'traced');
      await trace.until(() => steps().some(({ data }) => data.step === 'answered'));
      expect(steps().map(({ data }) => [data.step, data.outcome])).toEqual([
        ['arrived', undefined],
        ['answered', 'unavailable'],
      ]);
      const { body } = await call('/lab/instances', { url: hasty.url });
      expect(body).toMatchObject({ redis: 'up', database: 'down' });
    } finally {
      await mysql.start();
    }
    await untilItPays(others);
    await untilHastyPays([later]); // maybe at the second try, after a first that is not known
    for (const id of [paid, ...others]) await expect.poll(() => user(id)).toMatchObject({ paid: true, balance: 4900 });
  });

  test('frozen: every request is given up while it is, and the service recovers', async () => {
    const ids = await freshUsers(3);
    await mysql.freeze();
    try {
      for (const answer of await Promise.all(ids.map((id) => post('pay', id)))) expectUnavailable(answer);
    } finally {
      mysql.kill('SIGCONT');
    }
    await untilHastyPays(ids);
    await untilItPays(ids);
  });

  test.each([
    ['a row lock', 'SELECT * FROM users WHERE id = ? FOR UPDATE', 'ROLLBACK'],
    ['the lock of the table', 'LOCK TABLES users READ', 'UNLOCK TABLES'],
  ])('a write that timed out on %s is not carried out later', async (_, lock, unlock) => {
    const [id = 0] = await freshUsers(1);
    const rival = await createConnection(mysql.url);
    await rival.query('START TRANSACTION');
    await rival.query(lock, [id]);
    // It charges, and then its UPDATE waits. A stall of the machine may end it before: nothing was done then.
    const pays = async () => {
      const answer = await post('pay', id);
      return answer.body.type !== '/problems/unavailable' && answer;
    };
    const pay = await until('a pay comes to its write', pays, soon);
    expect([pay.status, pay.body.type]).toEqual([503, '/problems/unfinished']);
    const cancel = await heldRequest(id, { url: patient.url, command: 'cancel', before: 'write' }); // it has refunded
    await rival.query(unlock);
    expect((await cancel.resume()).body.status).toBe('cancelled');
    const writesUnderWay = async () => {
      const sql = "SELECT id FROM information_schema.processlist WHERE info LIKE 'UPDATE%'";
      return (await rival.query<RowDataPacket[]>(sql))[0];
    };
    await until('no write is under way', async () => (await writesUnderWay()).length === 0, soon);
    await rival.end();
    const audit = await call('/lab/audit', { url: patient.url });
    expect(audit.body).toMatchObject({ staleWrites: 0, wronged: [] });
  });
});
