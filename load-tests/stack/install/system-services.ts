import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { runCommand } from '../processes/run-command.ts';

/** Debian's packages run this before they start a service: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
const policyFile = '/usr/sbin/policy-rc.d';
const marker = 'PAYMENT_RACE_STARTS_NO_SERVICE';
const forbidsItself = `#!/bin/sh
# Written while a package is installed for a private stack, which starts its own servers. It forbids nothing else.
[ -n "\${${marker}:-}" ] && exit 101
exit 0
`;

/** Services that Debian's packages enable. */
const serviceOf: Readonly<Record<string, string>> = {
  'redis-server': 'redis-server.service',
  'valkey-server': 'valkey-server.service',
  nginx: 'nginx.service',
};

/**
 * Runs an installation by Debian's package manager so that no package starts a system service, now or at the next boot: a
 * user who runs a load test has not asked for a web server on port 80.
 *
 * The policy file is removed afterwards. If this process is killed first, the file does no harm: it forbids only what runs
 * with the environment variable that is passed to `install`.
 *
 * @param install receives the variable for the package manager's environment.
 */
export async function withoutServices<T>(
  packages: readonly string[],
  install: (env: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  const isOurs = await writePolicy();
  try {
    return await install({ [marker]: '1' });
  } finally {
    if (isOurs) await rm(policyFile, { force: true });
    await disableAtBoot(packages);
  }
}

/** @returns whether to remove the file: it was just written here, or left behind by such a process that was killed. */
async function writePolicy(): Promise<boolean> {
  try {
    await writeFile(policyFile, forbidsItself, { mode: 0o755, flag: 'wx' });
    return true;
  } catch {
    return (await readFile(policyFile, 'utf8').catch(() => '')) === forbidsItself;
  }
}

async function disableAtBoot(packages: readonly string[]): Promise<void> {
  if (!existsSync('/run/systemd/system')) return; // the machine does not run systemd: sd_booted(3)
  const services = packages.flatMap((name) => serviceOf[name] ?? []);
  if (services.length > 0) await runCommand(['systemctl', 'disable', '--now', ...services], { timeoutMs: 30_000 });
}
