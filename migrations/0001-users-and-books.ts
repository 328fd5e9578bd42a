import type { Knex } from 'knex';

/**
 * The service's table of users, the processor's ledger, and the record of every write of the flag. MySQL commits each of
 * these statements by itself, so a table that an instance created before it died exists already, and is kept.
 */
export async function up(knex: Knex): Promise<void> {
  const create = async (name: string, build: (table: Knex.CreateTableBuilder) => void) => {
    if (!(await knex.schema.hasTable(name))) await knex.schema.createTable(name, build);
  };
  await create('users', (table) => {
    table.increments('id');
    table.string('name', 100).notNullable();
    table.boolean('paid').notNullable().defaultTo(false);
    table.integer('version').unsigned().notNullable().defaultTo(0).comment("counts the flag's writes");
    table.integer('read_version').unsigned().comment('what the last write had read');
    table.string('request_id', 64).comment('who made the last write');
    table.string('instance', 64);
  });

  // The ledger stands for an outside system: no foreign key binds it to our users.
  await create('charges', (table) => {
    table.bigIncrements('id');
    table.integer('user_id').unsigned().notNullable().index();
    table.integer('amount').unsigned().notNullable().comment('minor units');
    table.string('request_id', 64).notNullable();
    table.string('instance', 64).notNullable();
    table.timestamp('created_at', { precision: 6 }).notNullable().defaultTo(knex.fn.now(6));
  });
  await create('refunds', (table) => {
    table.bigIncrements('id');
    table.bigInteger('charge_id').unsigned().notNullable().unique().comment('unique: refunded once');
    table.string('request_id', 64).notNullable();
    table.string('instance', 64).notNullable();
    table.timestamp('created_at', { precision: 6 }).notNullable().defaultTo(knex.fn.now(6));
  });

  await create('flag_writes', (table) => {
    table.bigIncrements('id');
    table.integer('user_id').unsigned().notNullable().index();
    table.boolean('paid').notNullable();
    table.integer('read_version').unsigned().comment('null: written by no request');
    table.integer('overwritten_version').unsigned().notNullable();
    table.string('request_id', 64);
    table.string('instance', 64);
    table.timestamp('created_at', { precision: 6 }).notNullable().defaultTo(knex.fn.now(6));
  });
  // The witness from inside: the statement that writes the flag also records what it overwrote. SYSDATE, not NOW: the
  // time of the write, not the start of a statement that may have waited for the row.
  await knex.raw('DROP TRIGGER IF EXISTS users_record_flag_write');
  await knex.raw(`CREATE TRIGGER users_record_flag_write AFTER UPDATE ON users FOR EACH ROW
    INSERT INTO flag_writes (user_id, paid, read_version, overwritten_version, request_id, instance, created_at)
    SELECT NEW.id, NEW.paid, NEW.read_version, OLD.version, NEW.request_id, NEW.instance, SYSDATE(6)
    FROM DUAL WHERE NEW.version <> OLD.version`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TRIGGER IF EXISTS users_record_flag_write');
  for (const table of ['flag_writes', 'refunds', 'charges', 'users']) await knex.schema.dropTableIfExists(table);
}
