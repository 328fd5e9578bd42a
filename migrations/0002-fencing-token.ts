import type { Knex } from 'knex';

/**
 * The highest fencing token registered for the user. Tokens are microseconds since 1970, far beyond 32 bits. The trigger
 * stays: registering a token does not change the version, so it is not recorded as a write of the flag.
 */
export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('users', 'fence')) return; // created by an instance that died before it recorded the migration
  await knex.schema.alterTable('users', (table) => {
    table.bigInteger('fence').unsigned().notNullable().defaultTo(0).comment('the highest fencing token registered');
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('users', 'fence'))) return;
  await knex.schema.alterTable('users', (table) => table.dropColumn('fence'));
}
