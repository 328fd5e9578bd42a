import type { Knex } from 'knex';

/**
 * The highest fencing token that has been registered for the user: microseconds since 1970 in size, so far beyond 32
 * bits. The trigger stays as it is: to register a token leaves the version alone, and is not recorded as a write of the
 * flag.
 */
export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('users', 'fence')) return; // made by an instance that died before it could say so
  await knex.schema.alterTable('users', (table) => {
    table.bigInteger('fence').unsigned().notNullable().defaultTo(0).comment('the highest fencing token registered');
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('users', 'fence'))) return;
  await knex.schema.alterTable('users', (table) => table.dropColumn('fence'));
}
