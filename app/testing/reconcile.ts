import pino from 'pino';
import { migrate } from '../../migrations/migrate.ts';
import { createStatements } from '../database/statements.ts';
import { createReconcileJob, type ReconcileOptions } from '../jobs/reconcile/reconcile.ts';
import { lockKeyFor } from '../payments/service.ts';
import { newCall, openModes, sectionFor } from './lock-modes.ts';
import { ownDatabase } from './own-database.ts';
import { execute, type PaymentOptions, paidAndBalance } from './payments.ts';

export const amount = 4900;
/** Longer than any test. */
export const longMs = 60_000;

type Given = Pick<ReconcileOptions, 'statements' | 'processor' | 'mode' | 'lockWaitMs' | 'afterMs'>;
export interface Running extends Partial<ReconcileOptions> {
  readonly signal?: AbortSignal;
}

/** Runs the job once, by default to repair. @returns its detail. */
export function reconcileOnce({ signal = new AbortController().signal, ...options }: Given & Running): Promise<string> {
  const job = createReconcileJob({
    ...{ schedule: '* * * * *', timeZone: 'UTC', ttlMs: 10_000, atLeastForMs: 0 },
    ...{ reconcile: 'repair', lockKey: 'payment' },
    ...options,
  });
  return job.run({ signal, scheduledAt: new Date(), token: 1n, log: pino({ level: 'silent' }) });
}

/**
 * Opens a database of a test file's own, so that its tests make every inconsistent user, and the modes of two instances.
 * The functions act on the last new user.
 */
export async function openReconciling(databaseName: string) {
  const database = await ownDatabase(databaseName);
  const db = database.open();
  await migrate(db);
  const statements = createStatements(db, 60_000);
  const open = () => openModes({ mysqlUrl: database.url, lockTtlMs: longMs });
  const [here, elsewhere] = await Promise.all([open(), open()]);
  let userId = 0;

  async function newUser(): Promise<number> {
    [userId = 0] = await db('users').insert({ name: 'Reconcile' });
    return userId;
  }
  return {
    mysqlUrl: database.url,
    db,
    statements,
    here,
    elsewhere,
    newUser,
    /** Deletes all users. @returns a new one. */
    async reset(): Promise<number> {
      for (const table of ['refunds', 'charges', 'flag_writes', 'idempotency_keys', 'users']) await db(table).delete();
      return newUser();
    },
    async close(): Promise<void> {
      await Promise.all([here.close(), elsewhere.close(), db.destroy()]);
      await database.drop();
    },
    charge: (requestId?: string, of = amount) => here.processor.charge(userId, of, newCall(requestId)),
    refund: (chargeId: number) => here.processor.refund(chargeId, newCall()),
    execute: (kind: 'pay' | 'cancel', options: Partial<PaymentOptions> = {}) =>
      execute(kind, { userId, mode: here.modes.none, processor: here.processor, ...options }),
    user: (id = userId) => paidAndBalance(id, statements),
    /** The section in which a request for this amount is guarded. */
    section: (lockKey: 'payment' | 'user' = 'payment') =>
      sectionFor({ userId, key: lockKeyFor(lockKey, userId, amount) }),
    staleWrites: () => db('flag_writes').whereRaw('read_version <> overwritten_version'),
    /** Moves everything that has happened so far an hour into the past. */
    async anHourPasses(): Promise<void> {
      for (const table of ['charges', 'refunds', 'flag_writes']) {
        await db(table).update({ created_at: db.raw('created_at - INTERVAL 1 HOUR') });
      }
    },
    /** Runs the job once, for what is more than a minute old. @returns its detail. */
    run: (options: Running = {}) =>
      reconcileOnce({
        ...{ statements, processor: here.processor, mode: here.modes.redis, lockWaitMs: longMs, afterMs: 60_000 },
        ...options,
      }),
  };
}
