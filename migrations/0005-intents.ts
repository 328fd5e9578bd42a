import type { Knex } from 'knex';

/** Names the payment that the client intends: the charges of its retries share it. */
export async function up(knex: Knex): Promise<void> {
  if (await knex.schema.hasColumn('charges', 'intent')) return; // by an instance that died before it recorded the migration
  await knex.schema.alterTable('charges', (table) => {
    table.string('intent', 255).collate('ascii_bin').comment('Idempotency-Key or X-Lab-Intent; unique to the user');
  });
}

export async function down(knex: Knex): Promise<void> {
  if (!(await knex.schema.hasColumn('charges', 'intent'))) return;
  await knex.schema.alterTable('charges', (table) => table.dropColumn('intent'));
}
