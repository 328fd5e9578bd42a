import type { Knex } from 'knex';

/**
 * The charge that paid for the access, stored by the statement that writes the flag, and the service's own id of each
 * attempt: a request id comes from the client, which may repeat it. Versions get as many bits as the other counters.
 */
export async function up(knex: Knex): Promise<void> {
  const addTo = async (name: string, column: string, build: (table: Knex.AlterTableBuilder) => void) => {
    if (!(await knex.schema.hasColumn(name, column))) await knex.schema.alterTable(name, build);
  };
  for (const name of ['users', 'charges', 'refunds', 'flag_writes']) {
    await addTo(name, 'attempt_id', (table) => {
      table.string('attempt_id', 64).collate('ascii_bin').index().comment('made by the service, unique to the request');
    });
  }
  for (const name of ['charges', 'refunds']) {
    await addTo(name, 'processor_key', (table) => {
      table
        .string('processor_key', 400)
        .collate('ascii_bin')
        .unique()
        .comment('a call with a known key has no new effect');
    });
  }
  if (!(await knex.schema.hasTable('idempotency_keys'))) {
    await knex.schema.createTable('idempotency_keys', (table) => {
      table.integer('user_id').unsigned().notNullable();
      table.string('idempotency_key', 255).collate('ascii_bin').notNullable();
      table
        .string('execution_id', 64)
        .collate('ascii_bin')
        .notNullable()
        .index()
        .comment('the attempt_id of what it does');
      table.string('kind', 8).notNullable().comment('with the amount: what the key was first sent for');
      table.integer('amount').unsigned().notNullable();
      table.integer('attempt').unsigned().notNullable().comment('counts those who have executed it');
      table.integer('pass').unsigned().notNullable().comment('stored before its charge');
      table
        .datetime('leased_until', { precision: 6 })
        .comment("by the database's clock; null: no execution in progress");
      table.string('answer', 32).comment('null: not finished');
      table.string('request_id', 64).notNullable().comment('the last that executed it');
      table.string('instance', 64).notNullable();
      table.timestamp('created_at', { precision: 6 }).notNullable().defaultTo(knex.fn.now(6)).index();
      table.datetime('answered_at', { precision: 6 });
      table.primary(['user_id', 'idempotency_key']);
    });
  }
  await addTo('users', 'paid_by', (table) => {
    table.bigInteger('paid_by').unsigned().comment('the charge that paid for the access');
  });
  await addTo('flag_writes', 'paid_by', (table) => {
    table.bigInteger('paid_by').unsigned().index().comment('the charge that this write gave access for');
  });
  await knex.raw(
    'ALTER TABLE users MODIFY version BIGINT UNSIGNED NOT NULL DEFAULT 0, MODIFY read_version BIGINT UNSIGNED',
  );
  await knex.raw(
    'ALTER TABLE flag_writes MODIFY read_version BIGINT UNSIGNED, MODIFY overwritten_version BIGINT UNSIGNED NOT NULL',
  );
  // What was inferred until now: the last open charge of the request that wrote the flag.
  await knex.raw(`UPDATE users u SET paid_by = (SELECT MAX(c.id) FROM charges c WHERE c.user_id = u.id
    AND c.request_id = u.request_id AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.charge_id = c.id))
    WHERE paid = 1 AND paid_by IS NULL`);
  await recordFlagWrites(knex, ['attempt_id', 'paid_by']);
}

export async function down(knex: Knex): Promise<void> {
  await recordFlagWrites(knex, []);
  await knex.schema.dropTableIfExists('idempotency_keys');
  for (const [name, column] of [
    ['users', 'paid_by'],
    ['flag_writes', 'paid_by'],
    ['users', 'attempt_id'],
    ['charges', 'processor_key'],
    ['refunds', 'processor_key'],
    ['charges', 'attempt_id'],
    ['refunds', 'attempt_id'],
    ['flag_writes', 'attempt_id'],
  ] as const) {
    if (await knex.schema.hasColumn(name, column)) {
      await knex.schema.alterTable(name, (table) => table.dropColumn(column));
    }
  }
}

/** Makes the trigger of the first migration record these columns as well. */
async function recordFlagWrites(knex: Knex, columns: readonly string[]): Promise<void> {
  const names = columns.map((column) => `, ${column}`).join('');
  const values = columns.map((column) => `, NEW.${column}`).join('');
  // Otherwise writes would come between the two statements, unrecorded: for a long time, if the second had to wait for the table.
  await knex.raw('LOCK TABLES users WRITE');
  try {
    await knex.raw('DROP TRIGGER IF EXISTS users_record_flag_write');
    await knex.raw(`CREATE TRIGGER users_record_flag_write AFTER UPDATE ON users FOR EACH ROW
    INSERT INTO flag_writes (user_id, paid, read_version, overwritten_version, request_id, instance, created_at${names})
    SELECT NEW.id, NEW.paid, NEW.read_version, OLD.version, NEW.request_id, NEW.instance, SYSDATE(6)${values}
    FROM DUAL WHERE NEW.version <> OLD.version`);
  } finally {
    await knex.raw('UNLOCK TABLES');
  }
}
