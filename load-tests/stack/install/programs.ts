import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the private stack needs from the machine. */
export const serverNames = ['mysql', 'redis', 'nginx'] as const;
/** The same, and the browser that the page's tests need. */
export const programNames = [...serverNames, 'chromium'] as const;
export type ProgramName = (typeof programNames)[number];

/** The files that will do, best first: the protocols are the same. */
const fileNames: Readonly<Record<ProgramName, readonly string[]>> = {
  mysql: ['mysqld', 'mariadbd'],
  redis: ['redis-server', 'valkey-server'],
  nginx: ['nginx'],
  // Without its windows, the same browser takes three quarters of the processor time. On Ubuntu, `chromium-browser` may be
  // a script that says how to install it: last.
  chromium: [
    'chromium-headless-shell',
    'chrome-headless-shell',
    'chromium',
    'google-chrome-stable',
    'google-chrome',
    'chrome',
    'Google Chrome',
    'Chromium',
    'chromium-browser',
  ],
};

/**
 * Where programs are that a PATH need not have: a plain user's lacks the sbin directories, Fedora keeps mysqld in
 * libexec, Homebrew does not link a formula that would hide another one, and macOS keeps applications apart.
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
  '/opt/google/chrome',
  ...['Google Chrome', 'Chromium'].flatMap((name) =>
    ['/Applications', join(homedir(), 'Applications')].map((folder) => `${folder}/${name}.app/Contents/MacOS`),
  ),
];

/** The absolute path of each program that this machine has. */
export type Programs = { readonly [Name in ProgramName]?: string };

/** Looks for the programs on the PATH and where else they are usually kept. Costs some file look-ups. */
export function findPrograms(path?: string): Programs {
  const found = programNames.map((name) => [name, findProgram(fileNames[name], path)] as const);
  return Object.fromEntries(found.filter(([, program]) => program !== undefined));
}

/** @returns those of the wanted programs that this machine lacks. */
export function missingFrom(programs: Programs, wanted: readonly ProgramName[] = serverNames): ProgramName[] {
  return wanted.filter((name) => programs[name] === undefined);
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
