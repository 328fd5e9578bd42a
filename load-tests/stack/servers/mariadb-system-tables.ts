import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Called mysql_… up to MariaDB 10.11 and mariadb_… since. */
const files = ['system_tables.sql', 'system_tables_data.sql'];

/**
 * The input for `mariadbd --bootstrap` that prepares an empty data directory: system tables, and root by socket only.
 *
 * It does what mariadb-install-db does, without the help texts and the sys schema, in a quarter of the time. That script
 * cannot be used: on Debian it needs a program from the client's package (my_print_defaults), and it fails where the
 * machine's own name cannot be resolved, as in many containers.
 *
 * @param program the server's absolute path; its SQL files are searched for where packages install them.
 * @throws when they are not found.
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
