import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the private stack needs from the machine. */
export const serverNames = ['mysql', 'redis', 'nginx'] as const;
export type ServerName = (typeof serverNames)[number];

/** The programs that will do, best first: the protocols are the same. */
const programNames: Readonly<Record<ServerName, readonly string[]>> = {
  mysql: ['mysqld', 'mariadbd'],
  redis: ['redis-server', 'valkey-server'],
  nginx: ['nginx'],
};

/**
 * Where servers are that a PATH need not have: a plain user's lacks the sbin directories, Fedora keeps mysqld in
 * libexec, and Homebrew does not link a formula that would hide another one.
 */
const otherDirectories = [
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/usr/libexec',
  ...['/opt/homebrew', '/usr/local', '/home/linuxbrew/.linuxbrew'].flatMap((prefix) => [
    `${prefix}/bin`,
    `${prefix}/opt/mysql/bin`,
    `${prefix}/opt/mariadb/bin`,
  ]),
  '/usr/local/mysql/bin',
];

/** The absolute path of each server program that this machine has. */
export type Programs = { readonly [Name in ServerName]?: string };

/** Looks for the server programs on the PATH and where else they are usually kept. Costs some file look-ups. */
export function findPrograms(path?: string): Programs {
  const found = serverNames.map((server) => [server, findProgram(programNames[server], path)] as const);
  return Object.fromEntries(found.filter(([, program]) => program !== undefined));
}

/** @returns the names of the servers that this machine lacks. */
export function missingFrom(programs: Programs): ServerName[] {
  return serverNames.filter((server) => programs[server] === undefined);
}

/** @returns the absolute path of the first of these names that any directory has; earlier directories win. */
export function findProgram(names: readonly string[], path = process.env.PATH ?? ''): string | undefined {
  const directories = [...path.split(delimiter).filter(Boolean), ...otherDirectories];
  return names.flatMap((name) => directories.map((directory) => join(directory, name))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
