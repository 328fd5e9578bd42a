import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { runCommand } from '../processes/run-command.ts';

/** Debian's rule, which its packages ask before they start a service: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
const policyFile = '/usr/sbin/policy-rc.d';
const marker = 'PAYMENT_RACE_STARTS_NO_SERVICE';
const forbidsItself = `#!/bin/sh
# Made while a package is installed for a private stack, which starts its own servers. It forbids nothing else.
[ -n "\${${marker}:-}" ] && exit 101
exit 0
`;

/** Services that Debian's packages for the servers switch on. */
const serviceOf: Readonly<Record<string, string>> = {
  'redis-server': 'redis-server.service',
  'valkey-server': 'valkey-server.service',
  nginx: 'nginx.service',
};

/**
 * Runs an installation by Debian's package manager in such a way that no package starts a system service, now or at
 * the next boot: a user who runs a load test has not asked for a web server on port 80.
 *
 * The rule is removed afterwards. If this process is killed before that, the rule does no harm: it forbids only
 * what runs under the variable that `install` is given.
 *
 * @param install is given what to add to the package manager's environment
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

/** @returns whether the rule is ours to remove: just written, or left behind by one of us that was killed. */
async function writePolicy(): Promise<boolean> {
  try {
    await writeFile(policyFile, forbidsItself, { mode: 0o755, flag: 'wx' });
    return true;
  } catch {
    return (await readFile(policyFile, 'utf8').catch(() => '')) === forbidsItself;
  }
}

async function disableAtBoot(packages: readonly string[]): Promise<void> {
  if (!existsSync('/run/systemd/system')) return; // systemd is not what runs this machine: sd_booted(3)
  const services = packages.flatMap((name) => serviceOf[name] ?? []);
  if (services.length > 0) await runCommand(['systemctl', 'disable', '--now', ...services], { timeoutMs: 30_000 });
}
