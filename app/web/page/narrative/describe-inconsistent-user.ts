import type { AuditedUser } from '../../../lab/audit-schema.ts';
import { formatAmount } from '../format.ts';
import { describeStaleWrite } from '../trace/stale-write.ts';

/** The audit's sentence on a user, whose amounts are in minor units, with the amounts that the page shows. */
export function formatAnomaly({ what }: Pick<AuditedUser, 'what'>): string {
  return what.replace(
    /(charged |\()(\d+)(?= and | in all)/,
    (_, before, minor) => before + formatAmount(Number(minor)),
  );
}

/** The audit's verdict on a user in one sentence: the anomaly, and whose write is lost to which request. */
export function describeInconsistentUser(user: AuditedUser): string {
  const { requests } = user;
  const what = formatAnomaly(user);
  const losses = requests.flatMap(({ requestId, command, steps }) =>
    steps.flatMap((step) => {
      if (step.did !== 'wrote' || step.overwrote === undefined) return [];
      const write = { ...step, overwrote: step.overwroteVersion };
      return `request ${requestId} (${command}) ${describeStaleWrite(write, undefined, step.overwrote)}`;
    }),
  );
  return losses.length > 0 ? `${what}: ${losses.join('; ')}.` : `${what}.`;
}
