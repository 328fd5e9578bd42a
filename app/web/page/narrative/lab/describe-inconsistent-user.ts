import type { AuditedUser } from '../../../../lab/audit-schema.ts';
import { describeStaleWrite } from '../../trace/stale-write.ts';

/** The audit's verdict on a user in one sentence: the anomaly, and whose write is lost to which request. */
export function describeInconsistentUser(user: AuditedUser): string {
  const { what, requests } = user;
  const losses = requests.flatMap(({ requestId, command, steps }) =>
    steps.flatMap((step) => {
      if (step.did !== 'wrote' || step.overwrote === undefined) return [];
      const write = { ...step, overwrote: step.overwroteVersion };
      return `request ${requestId} (${command}) ${describeStaleWrite(write, undefined, step.overwrote)}`;
    }),
  );
  return losses.length > 0 ? `${what}: ${losses.join('; ')}.` : `${what}.`;
}
