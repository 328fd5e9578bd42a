import { type ProgramName, programNames } from './programs.ts';

/** The package managers that can be driven here, in the order of preference where a machine has several. */
export const managers = ['apt-get', 'dnf', 'apk', 'pacman', 'brew'] as const;
export type Manager = (typeof managers)[number];

/** What there is to know about a machine that lacks a program. */
export interface Machine {
  readonly missing: readonly ProgramName[];
  readonly isRoot: boolean;
  readonly isMac: boolean;
  readonly managers: readonly Manager[];
  /** Of the packages that {@link candidates} names, those that the package manager can install, so far as it says. */
  readonly known: ReadonlySet<string>;
  /** A Docker engine has answered, so that Compose would do instead. */
  readonly hasDocker: boolean;
}

/** `install` may be done at once; `instruct` is for the user to do; nothing known here does the `impossible`. */
export type InstallPlan =
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'install' } & PackagePlan)
  | ({ readonly kind: 'instruct' } & PackagePlan)
  | { readonly kind: 'impossible'; readonly missing: readonly ProgramName[]; readonly offersCompose: boolean };

interface PackagePlan {
  readonly missing: readonly ProgramName[];
  readonly manager: Manager;
  readonly packages: readonly string[];
  /** Fetches the lists of packages, where the manager does not do that by itself. */
  readonly refresh?: readonly string[];
  readonly install: readonly string[];
  readonly offersCompose: boolean;
}

/**
 * The packages that bring each program, best first. On Debian and Ubuntu the `-core` packages have the server and no
 * system service; Redis and nginx have no such package there. Homebrew starts no service by itself; its Chromium is not
 * signed, so that macOS would not open it.
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

/** pacman has one too, but lists without an upgrade of the whole system are what its manual warns of. */
const refreshCommands: Readonly<Partial<Record<Manager, readonly string[]>>> = {
  'apt-get': ['apt-get', 'update'],
  apk: ['apk', 'update'],
};

/** @returns every package that a plan for this manager might name. */
export function candidates(manager: Manager): string[] {
  return programNames.flatMap((name) => packages[manager][name]);
}

/**
 * Decides how the missing programs are to be had. Pure: it looks at nothing but the machine's description.
 *
 * Homebrew installs as the user, refuses root, and has browsers for macOS alone; every other manager needs root, and a
 * user who is not root gets the command, with sudo, and no password prompt in the middle of a test.
 */
export function planInstall({ missing, isRoot, isMac, managers: present, known, hasDocker }: Machine): InstallPlan {
  if (missing.length === 0) return { kind: 'nothing' };
  const lacksBrowser = missing.includes('chromium');
  const brewDoes = !isRoot && (isMac || !lacksBrowser);
  const usable = managers.filter((manager) => present.includes(manager) && (manager !== 'brew' || brewDoes));
  const offersCompose = hasDocker && !lacksBrowser; // there is no browser in it
  // On Linux, a Homebrew that is there is preferred by a plain user: it needs no sudo.
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
  // Where the manager knows none of them, its lists are missing or old; the first is most likely the one.
  return names.find((name) => known.has(name)) ?? (names[0] as string);
}
