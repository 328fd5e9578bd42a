import { randomUUID } from 'node:crypto';
import express from 'express';
import { createPool, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { readSql, writeSql } from '../../../app/payments/accounts.ts';
import { chargeSql, refundSql } from '../../../app/payments/processor.ts';

/**
 * The baseline of `bench:overhead`: only the same SQL behind Express and mysql2, without validation, request ids, logs,
 * timeouts or error handling. It replaces app/main.ts in a private stack.
 */
const { HOST = '127.0.0.1', PORT = '3000', INSTANCE = 'bare', MYSQL_URL = '', MYSQL_POOL_MAX = '20' } = process.env;
const pool = createPool({ uri: MYSQL_URL, connectionLimit: Number(MYSQL_POOL_MAX) });
const app = express().disable('etag').disable('x-powered-by');

app.get(['/readyz', '/healthz'], (_req, res) => {
  res.set('X-Lock-Mode', 'bare').json({ status: 'ok', instance: INSTANCE, pid: process.pid, inFlight: 0 });
});

app.post('/users/:id/:command', express.json(), async (req, res) => {
  const userId = Number(req.params.id);
  const isPay = req.params.command === 'pay';
  const by = ['bare', 'bare', INSTANCE];
  const [rows] = await pool.execute<RowDataPacket[]>(readSql, [userId]);
  const [user] = rows;
  const open = rows.filter(({ charge_id: chargeId, amount }) => chargeId && amount === req.body.amount);
  let status = isPay ? 'already_paid' : 'nothing_to_cancel';
  if (user && isPay && !user.paid) {
    const [{ insertId }] = await pool.execute<ResultSetHeader>(chargeSql, [
      userId,
      req.body.amount,
      null,
      randomUUID(),
      ...by,
    ]);
    await pool.execute(writeSql, [1, insertId, user.version, ...by, userId]);
    status = 'paid';
  } else if (user && !isPay && open.length > 0) {
    for (const { charge_id: chargeId } of open)
      await pool.execute(refundSql, [chargeId, randomUUID(), ...by]).catch(() => {});
    await pool.execute(writeSql, [0, null, user.version, ...by, userId]);
    status = 'cancelled';
  }
  res.set('X-Instance', INSTANCE).json({ status, userId, amount: req.body.amount });
});

const server = app.listen(Number(PORT), HOST);
server.keepAliveTimeout = 65_000;
process.once('SIGTERM', () => process.exit(0));
