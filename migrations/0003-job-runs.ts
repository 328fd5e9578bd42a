import type { Knex } from 'knex';

/**
 * The runs of the scheduled jobs. Times are UTC whatever the session's zone, so the repeated hour at the end of daylight
 * saving time has distinct ticks. The primary key is the second line of defence behind the lock: a tick runs once.
 */
export async function up(knex: Knex): Promise<void> {
  const create = async (name: string, build: (table: Knex.CreateTableBuilder) => void) => {
    if (!(await knex.schema.hasTable(name))) await knex.schema.createTable(name, build);
  };
  await create('job_runs', (table) => {
    table.charset('utf8mb4'); // a detail may contain any text
    table.string('job', 64).notNullable();
    table.datetime('scheduled_at', { precision: 3 }).notNullable().comment('UTC: the tick');
    table.string('schedule', 255).notNullable().comment('by which the tick was told');
    table.boolean('by_hand').notNullable().defaultTo(false).comment('at somebody’s request, not at a tick');
    table.string('instance', 64).notNullable();
    table.bigInteger('token').unsigned().notNullable().comment("the lock's fencing token");
    table.datetime('started_at', { precision: 3 }).notNullable().comment("UTC, by the database's clock");
    table.datetime('ended_at', { precision: 3 }).comment('UTC; null: under way, or died and not found yet');
    table.string('outcome', 16).comment('succeeded, failed, lost or killed');
    table.string('detail', 1000);
    table.primary(['job', 'scheduled_at']);
    table.index(['job', 'token']);
    table.index(['job', 'outcome']);
    table.index(['scheduled_at']);
  });
  await create('job_skips', (table) => {
    table.string('job', 64).notNullable();
    table.string('instance', 64).notNullable();
    table.bigInteger('skips').unsigned().notNullable();
    table.datetime('last_skipped_at', { precision: 3 }).notNullable().comment("UTC, by the database's clock");
    table.primary(['job', 'instance']);
  });
}

export async function down(knex: Knex): Promise<void> {
  for (const table of ['job_skips', 'job_runs']) await knex.schema.dropTableIfExists(table);
}
