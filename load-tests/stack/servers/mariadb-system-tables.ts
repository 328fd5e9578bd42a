import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Called mysql_… up to MariaDB 10.11 and mariadb_… since. */
const files = ['system_tables.sql', 'system_tables_data.sql'];

/**
 * The input for `mariadbd --bootstrap` that makes an empty data directory usable: the system tables, and root by its
 * socket only.
 *
 * The same that mariadb-install-db does, less the help texts and the sys schema, in a quarter of the time. That script is
 * no use here: Debian's package of it lacks a program that it runs (my_print_defaults, in the client's package), and
 * it gives up where the machine's own name cannot be looked up, as in many containers.
 *
 * @param program the server's absolute path; its SQL files are looked for where its package keeps them
 * @throws when they are not there
 */
export async function mariaDbSystemTables(program: string): Promise<string> {
  const prefix = join(dirname(realpathSync(program)), '..');
  const places = [`${prefix}/share/mysql`, `${prefix}/share/mariadb`, '/usr/share/mysql', '/usr/share/mariadb'];
  const starts = places.flatMap((place) => [`${place}/mariadb_`, `${place}/mysql_`]);
  const start = starts.find((start) => files.every((file) => existsSync(start + file)));
  if (start === undefined) {
    throw new Error(`${program} is MariaDB, and the SQL of its system tables is in none of ${places.join(', ')}.`);
  }
  const sql = await Promise.all(files.map((file) => readFile(start + file, 'utf8')));
  return ['CREATE DATABASE mysql;', 'USE mysql;', "SET @auth_root_socket = 'root';", ...sql, ''].join('\n');
}
