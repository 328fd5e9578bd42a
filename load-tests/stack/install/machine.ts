import { runCommand } from '../processes/run-command.ts';
import { candidates, type Machine, type Manager, managers } from './install-plan.ts';
import { findProgram, type ProgramName } from './programs.ts';

const dockerTimeoutMs = 3000;
/** dnf may fetch its lists first. Without an answer in time, the plan names the most likely packages. */
const queryTimeoutMs = 30_000;

/** The command that lists the packages each manager knows, and a pattern for the names in its output. */
const queries: Readonly<Partial<Record<Manager, { command: readonly string[]; names: RegExp }>>> = {
  'apt-get': { command: ['apt-cache', 'policy'], names: /^(\S+):\n.*\n\s+Candidate: (?!\(none\))/gm },
  dnf: { command: ['dnf', '--quiet', 'repoquery', '--queryformat', '%{name}\n'], names: /^(\S+)$/gm },
  apk: { command: ['apk', 'search', '--exact', '--quiet'], names: /^(\S+)$/gm },
  pacman: { command: ['pacman', '--sync', '--info'], names: /^Name\s*: (\S+)$/gm },
};

/** Describes this machine within a bounded time, and changes nothing. */
export async function describeMachine(missing: readonly ProgramName[]): Promise<Machine> {
  const present = managers.filter((manager) => findProgram([manager]) !== undefined);
  const [docker, ...known] = await Promise.all([
    runCommand(['docker', 'info'], { timeoutMs: dockerTimeoutMs }),
    ...present.map(knownPackages),
  ]);
  return {
    missing,
    isRoot: process.getuid?.() === 0,
    isMac: process.platform === 'darwin',
    managers: present,
    known: new Set(known.flat()),
    hasDocker: docker.succeeded,
  };
}

async function knownPackages(manager: Manager): Promise<string[]> {
  const query = queries[manager];
  if (!query) return [];
  const { output } = await runCommand([...query.command, ...candidates(manager)], {
    timeoutMs: queryTimeoutMs,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return [...output.matchAll(query.names)].map(([, name]) => name as string);
}
