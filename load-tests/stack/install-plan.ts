import { type ServerName, serverNames } from './programs.ts';

/** The package managers that can be driven here, in the order of preference where a machine has several. */
export const managers = ['apt-get', 'dnf', 'apk', 'pacman', 'brew'] as const;
export type Manager = (typeof managers)[number];

/** What there is to know about a machine that lacks a server. */
export interface Machine {
  readonly missing: readonly ServerName[];
  readonly isRoot: boolean;
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
  | { readonly kind: 'impossible'; readonly missing: readonly ServerName[]; readonly offersCompose: boolean };

interface PackagePlan {
  readonly missing: readonly ServerName[];
  readonly manager: Manager;
  readonly packages: readonly string[];
  /** Fetches the lists of packages, where the manager does not do that by itself. */
  readonly refresh?: readonly string[];
  readonly install: readonly string[];
  readonly offersCompose: boolean;
}

/**
 * The packages that bring each server, best first. On Debian and Ubuntu the `-core` packages have the server and no
 * system service; Redis and nginx have no such package there. Homebrew starts no service by itself.
 */
const packages: Readonly<Record<Manager, Readonly<Record<ServerName, readonly string[]>>>> = {
  'apt-get': {
    mysql: ['mariadb-server-core', 'mariadb-server-core-10.6', 'mysql-server-core-8.0'],
    redis: ['redis-server', 'valkey-server'],
    nginx: ['nginx'],
  },
  dnf: { mysql: ['mariadb-server'], redis: ['redis', 'valkey'], nginx: ['nginx'] },
  apk: { mysql: ['mariadb'], redis: ['redis', 'valkey'], nginx: ['nginx'] },
  pacman: { mysql: ['mariadb'], redis: ['valkey', 'redis'], nginx: ['nginx'] },
  brew: { mysql: ['mysql'], redis: ['redis'], nginx: ['nginx'] },
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
  return serverNames.flatMap((server) => packages[manager][server]);
}

/**
 * Decides how the missing servers are to be had. Pure: it looks at nothing but the machine's description.
 *
 * Homebrew installs as the user and refuses root; every other manager needs root, and a user who is not root is told
 * the command, with sudo, rather than being asked for a password in the middle of a test.
 */
export function planInstall({ missing, isRoot, managers: present, known, hasDocker }: Machine): InstallPlan {
  if (missing.length === 0) return { kind: 'nothing' };
  const usable = managers.filter((manager) => present.includes(manager) && (manager !== 'brew' || !isRoot));
  // On Linux, a Homebrew that is there is preferred by a plain user: it needs no sudo.
  const manager = !isRoot && usable.includes('brew') ? 'brew' : usable[0];
  if (!manager) return { kind: 'impossible', missing, offersCompose: hasDocker };

  const names = missing.map((server) => choose(packages[manager][server], known));
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
    offersCompose: hasDocker,
  };
}

function choose(names: readonly string[], known: ReadonlySet<string>): string {
  // Where the manager knows none of them, its lists are missing or old; the first is most likely the one.
  return names.find((name) => known.has(name)) ?? (names[0] as string);
}
