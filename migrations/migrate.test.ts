import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OwnDatabase, ownDatabase } from '../app/testing/own-database.ts';
import { soon, until } from '../app/testing/until.ts';
import { migrationSource } from './index.ts';
import { assertMigrated, migrate } from './migrate.ts';

const names = ['0001-users-and-books', '0002-fencing-token', '0003-job-runs', '0004-retries', '0005-intents'];
const allTables = ['charges', 'flag_writes', 'idempotency_keys', 'job_runs', 'job_skips', 'refunds', 'users'];
let database: OwnDatabase;

beforeEach(async () => {
  database = await ownDatabase('payment_race_migrations');
});
afterEach(() => database.drop());

async function inDatabase<T>(work: (db: Knex) => Promise<T>): Promise<T> {
  const db = database.open();
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
/** A user whose flag was written once. */
async function addUser(db: Knex): Promise<number> {
  const [id = 0] = await db('users').insert({ name: 'Ada' });
  await db('users').where({ id }).update({ paid: true, version: 1, read_version: 0 });
  return id;
}
/** The state of each connection's statement. */
const states = async (db: Knex): Promise<string[]> => {
  const [threads] = await db.raw('SHOW PROCESSLIST');
  return threads.map(({ State }: { State: string | null }) => State ?? '');
};
const tables = async (db: Knex): Promise<string[]> => {
  const [rows] = await db.raw('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = SCHEMA()');
  return rows.map((row: { name: string }) => row.name).filter((table: string) => !table.startsWith('knex_'));
};

test('instances that start together run each migration once', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => inDatabase((db) => migrate(db))));
  expect(runs.filter((names) => names.length > 0)).toHaveLength(1);
  await inDatabase(async (db) => {
    expect((await tables(db)).sort()).toEqual(allTables);
    expect(await migrate(db)).toEqual([]);
  });
});

test('an instance that died while migrating blocks no other, which finishes', async () => {
  await inDatabase(async (db) => {
    await migrate(db);
    // What a dead instance leaves behind: knex's lock, and the first tables without a record of the migration.
    await db('knex_migrations_lock').update({ is_locked: 1 });
    await db('knex_migrations').delete();
    await db.raw('DROP TRIGGER users_record_flag_write');
    for (const table of ['flag_writes', 'refunds']) await db.schema.dropTable(table);
    expect(await migrate(db)).toEqual(names);
    expect((await tables(db)).sort()).toEqual(allTables);
  });
});

test('a migration that waits for a table lets the service have it', async () => {
  await inDatabase(async (db) => {
    await migrate(db);
    await migrate(db, 'down');
    const backup = await db.transaction();
    await backup('charges');
    const migrating = migrate(db);
    const waits = async () => (await states(db)).some((state) => /metadata lock/.test(state));
    await until('the migration waits', waits, soon);
    expect(await db('charges')).toEqual([]); // behind the migration, in the queue for the table
    await backup.commit();
    expect(await migrating).toEqual(names.slice(-1));
  });
});

test('records a write of the flag that comes while the trigger is replaced', async () => {
  await inDatabase(async (db) => {
    await migrate(db);
    const [id = 0] = await db('users').insert({ name: 'Ada' });
    const { up } = await migrationSource.getMigration('0004-retries');
    let hasWritten = false;
    let write: Promise<unknown> | undefined;
    const writes = async () => {
      write = db('users')
        .where({ id })
        .update({ paid: true, version: 1 })
        .then(() => {
          hasWritten = true;
        });
      const waits = async () => (await states(db)).some((state) => /metadata lock/.test(state));
      await until('the write is over, or waits', async () => hasWritten || (await waits()), soon);
    };
    await db.transaction(async (transaction) => {
      const raw = async (sql: string, ...values: []) => {
        if (sql.startsWith('CREATE TRIGGER')) await writes();
        return transaction.raw(sql, ...values);
      };
      await up(new Proxy(transaction, { get: (target, name) => (name === 'raw' ? raw : Reflect.get(target, name)) }));
    });
    await write;
    expect(await db('flag_writes')).toMatchObject([{ user_id: id, paid: 1, overwritten_version: 0 }]);
  });
});

test('migrates back step by step, and forward again', async () => {
  await inDatabase(async (db) => {
    await migrate(db);
    for (const name of names.toReversed()) expect(await migrate(db, 'down')).toEqual([name]);
    expect(await tables(db)).toEqual([]);
    expect(await migrate(db)).toEqual(names);
    const id = await addUser(db);
    await db('users').where({ id }).update({ name: 'Alan' }); // not a write of the flag: not recorded
    expect(await db('flag_writes')).toMatchObject([{ user_id: id, paid: 1, read_version: 0, overwritten_version: 0 }]);
  });
});

test('removes and restores the fencing token, which exceeds 32 bits', async () => {
  await inDatabase(async (db) => {
    await migrate(db);
    await addUser(db);
    const before = await db('users').select('id', 'name', 'paid', 'version');
    expect(before).not.toEqual([]);
    for (const name of names.slice(1).toReversed()) expect(await migrate(db, 'down')).toEqual([name]);
    expect(await db.schema.hasColumn('users', 'fence')).toBe(false);
    await migrate(db);
    expect(await db('users').select('id', 'name', 'paid', 'version')).toEqual(before);
    await db('users').update({ fence: '18446744073709551615' });
    const [row] = await db('users').select(db.raw('CAST(fence AS CHAR) AS fence'));
    expect(row.fence).toBe('18446744073709551615');
    expect(await db('flag_writes')).toHaveLength(1); // registering a token is not a write of the flag
  });
});

test('an older version starts on a newer schema, and takes nothing of it back', async () => {
  await inDatabase(async (db) => {
    await expect(assertMigrated(db)).rejects.toThrow(`the database lacks ${names.join(', ')}`);
    await migrate(db);
    await db('knex_migrations').insert({ name: '0099-of-a-newer-version', batch: 2, migration_time: new Date() });
    expect(await migrate(db)).toEqual([]);
    await assertMigrated(db);
    await expect(migrate(db, 'down')).rejects.toThrow('first take back 0099-of-a-newer-version with it');
    await db('knex_migrations').where({ name: names[2] }).delete();
    await expect(assertMigrated(db)).rejects.toThrow(`the database lacks ${names[2]}`);
    expect(await migrate(db)).toEqual([names[2]]);
  });
});
