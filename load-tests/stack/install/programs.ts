import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Programs that the private stack needs. */
export const serverNames = ['mysql', 'redis', 'nginx'] as const;
/** The same, and the browser for the page's tests. */
export const programNames = [...serverNames, 'chromium'] as const;
export type ProgramName = (typeof programNames)[number];

/** The suitable files, best first: their protocols are the same. */
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
 * Directories that PATH may lack: sbin for users other than root, libexec for mysqld on Fedora, formulas that Homebrew does
 * not link because they would hide another one, and the applications of macOS.
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

/** The absolute path of each installed program. */
export type Programs = { readonly [Name in ProgramName]?: string };

/** Looks for the programs on PATH and in other usual directories. */
export function findPrograms(path?: string): Programs {
  const found = programNames.map((name) => [name, findProgram(fileNames[name], path)] as const);
  return Object.fromEntries(found.filter(([, program]) => program !== undefined));
}

/** @returns the missing ones of the wanted programs. */
export function missingFrom(programs: Programs, wanted: readonly ProgramName[] = serverNames): ProgramName[] {
  return wanted.filter((name) => programs[name] === undefined);
}

/** @returns the absolute path of the first of these names that is in any directory; earlier directories win. */
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
