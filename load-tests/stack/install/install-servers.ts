import { type CommandResult, runCommand } from '../processes/run-command.ts';
import { lastLines } from '../servers/log.ts';
import { type InstallPlan, planInstall } from './install-plan.ts';
import { explainInstall, titlesOf } from './install-text.ts';
import { describeMachine } from './machine.ts';
import { findPrograms, missingFrom, type ProgramName, serverNames } from './programs.ts';
import { withoutServices } from './system-services.ts';

const installTimeoutMs = 15 * 60_000;

/** A program is missing and was not installed. The message says what the user can do. */
class SetUpError extends Error {
  override readonly name = 'SetUpError';
}

/**
 * Installs the missing programs, if this user may. If none is missing, it only looks up some files.
 *
 * @param say called with what will be installed, before it is.
 * @param options.wanted default: MySQL or MariaDB, Redis and nginx.
 * @throws {SetUpError} with the exact commands to type if this user may not install; with the end of the package manager's
 *   output if it failed.
 */
export async function installServers(
  say: (message: string) => void,
  { wanted = serverNames }: { wanted?: readonly ProgramName[] } = {},
): Promise<void> {
  const missing = missingFrom(findPrograms(), wanted);
  if (missing.length === 0) return;
  let plan = planInstall(await describeMachine(missing));
  if (plan.kind !== 'install') throw new SetUpError(explainInstall(plan));
  say(explainInstall(plan));

  let { succeeded, output } = await carryOut(plan);
  if (!succeeded && plan.refresh) {
    // A fresh container has no lists of packages, and old lists name versions that the mirror has dropped.
    const refreshed = await runCommand(plan.refresh, { timeoutMs: installTimeoutMs });
    plan = planInstall(await describeMachine(missing));
    if (plan.kind === 'install') output = refreshed.output + (await carryOut(plan)).output;
  }
  const stillMissing = missingFrom(findPrograms(), wanted);
  if (stillMissing.length === 0) return;
  throw new SetUpError(`${titlesOf(stillMissing)} could not be installed. The last lines of the package manager:

${lastLines(output)}`);
}

function carryOut(plan: Extract<InstallPlan, { kind: 'install' }>): Promise<CommandResult> {
  if (plan.manager !== 'apt-get') return runCommand(plan.install, { timeoutMs: installTimeoutMs });
  return withoutServices(plan.packages, (env) =>
    runCommand(plan.install, {
      timeoutMs: installTimeoutMs,
      env: { ...process.env, ...env, DEBIAN_FRONTEND: 'noninteractive' },
    }),
  );
}
