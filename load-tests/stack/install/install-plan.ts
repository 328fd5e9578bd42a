import { type ProgramName, programNames } from './programs.ts';

/** The supported package managers, in order of preference. */
export const managers = ['apt-get', 'dnf', 'apk', 'pacman', 'brew'] as const;
export type Manager = (typeof managers)[number];

/** A machine that lacks a program. */
export interface Machine {
  readonly missing: readonly ProgramName[];
  readonly isRoot: boolean;
  readonly isMac: boolean;
  readonly managers: readonly Manager[];
  /** The packages among the {@link candidates} that the package manager says it can install. */
  readonly known: ReadonlySet<string>;
  /** True if a Docker engine has answered: Compose is an alternative. */
  readonly hasDocker: boolean;
}

/** `install`: this process may run it; `instruct`: the user has to; `impossible`: no supported package manager. */
export type InstallPlan =
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'install' } & PackagePlan)
  | ({ readonly kind: 'instruct' } & PackagePlan)
  | { readonly kind: 'impossible'; readonly missing: readonly ProgramName[]; readonly offersCompose: boolean };

interface PackagePlan {
  readonly missing: readonly ProgramName[];
  readonly manager: Manager;
  readonly packages: readonly string[];
  /** Fetches the package lists; absent if the manager does so itself. */
  readonly refresh?: readonly string[];
  readonly install: readonly string[];
  readonly offersCompose: boolean;
}

/**
 * The packages that contain each program, best first. On Debian and Ubuntu, the `-core` packages have the server without a
 * system service; Redis and nginx have no such package. Homebrew starts no service; its Chromium is not signed, so macOS
 * would not open it.
 */
const packages: Readonly<Record<Manager, Readonly<Record<ProgramName, readonly string[]>>>> = {
  'apt-get': {
    mysql: ['mariadb-server-core', 'mariadb-server-core-10.6', 'mysql-server-core-8.0'],
    redis: ['redis-server', 'valkey-server'],
    nginx: ['nginx'],
    chromium: ['chromium-headless-shell', 'chromium', 'chromium-browser'],
  },
  dnf: { mysql: ['mariadb-server'], redis: ['redis', 'valkey'], nginx: ['nginx'], chromium: ['chromium'] },
  apk: { mysql: ['mariadb'], redis: ['redis', 'valkey'], nginx: ['nginx'], chromium: ['chromium'] },
  pacman: { mysql: ['mariadb'], redis: ['valkey', 'redis'], nginx: ['nginx'], chromium: ['chromium'] },
  brew: { mysql: ['mysql'], redis: ['redis'], nginx: ['nginx'], chromium: ['google-chrome'] },
};

const installCommands: Readonly<Record<Manager, readonly string[]>> = {
  'apt-get': ['apt-get', 'install', '--yes', '--no-install-recommends'],
  dnf: ['dnf', 'install', '--assumeyes'],
  apk: ['apk', 'add'],
  pacman: ['pacman', '--sync', '--needed', '--noconfirm'],
  brew: ['brew', 'install'],
};

/** Without pacman's, because its manual warns against new lists without an upgrade of the whole system. */
const refreshCommands: Readonly<Partial<Record<Manager, readonly string[]>>> = {
  'apt-get': ['apt-get', 'update'],
  apk: ['apk', 'update'],
};

/** @returns every package that a plan for this manager can name. */
export function candidates(manager: Manager): string[] {
  return programNames.flatMap((name) => packages[manager][name]);
}

/**
 * Plans the installation of the missing programs. A pure function of the machine's description.
 *
 * Homebrew installs as the user, refuses root, and has browsers for macOS only. Every other manager needs root: other users
 * are shown the command with sudo instead of a password prompt in the middle of a test.
 */
export function planInstall({ missing, isRoot, isMac, managers: present, known, hasDocker }: Machine): InstallPlan {
  if (missing.length === 0) return { kind: 'nothing' };
  const lacksBrowser = missing.includes('chromium');
  const brewWorks = !isRoot && (isMac || !lacksBrowser);
  const usable = managers.filter((manager) => present.includes(manager) && (manager !== 'brew' || brewWorks));
  const offersCompose = hasDocker && !lacksBrowser; // which has no browser
  // On Linux, Homebrew is preferred for a user other than root, because it needs no sudo.
  const manager = !isRoot && usable.includes('brew') ? 'brew' : usable[0];
  if (!manager) return { kind: 'impossible', missing, offersCompose };

  const names = missing.map((name) => choose(packages[manager][name], known));
  const mayInstall = isRoot || manager === 'brew';
  const asRoot = (command: readonly string[]) => (mayInstall ? command : ['sudo', ...command]);
  const refresh = refreshCommands[manager];
  return {
    kind: mayInstall ? 'install' : 'instruct',
    missing,
    manager,
    packages: names,
    ...(refresh && { refresh: asRoot(refresh) }),
    install: asRoot([...installCommands[manager], ...names]),
    offersCompose,
  };
}

function choose(names: readonly string[], known: ReadonlySet<string>): string {
  // If the manager knows none of them, its lists are missing or old; the first is the most likely.
  return names.find((name) => known.has(name)) ?? (names[0] as string);
}
