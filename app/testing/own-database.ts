import knex from 'knex';
import { openDatabase } from '../database/open.ts';
import { testStack } from './stack.ts';

export type OwnDatabase = Awaited<ReturnType<typeof ownDatabase>>;

/** Creates a database of a test file's own, without tables. The caller drops it. */
export async function ownDatabase(name: string) {
  const { mysqlUrl } = testStack();
  const server = knex({ client: 'mysql2', connection: mysqlUrl });
  await server.raw('CREATE DATABASE ??', [name]);
  const url = Object.assign(new URL(mysqlUrl), { pathname: `/${name}` }).href;
  return {
    url,
    /** Connects to it. The caller closes the connections. */
    open: () => openDatabase({ url, poolMax: 10, timeoutMs: 60_000, say: () => {} }),
    async drop(): Promise<void> {
      await server.raw('DROP DATABASE ??', [name]);
      await server.destroy();
    },
  };
}
