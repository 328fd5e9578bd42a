import type { AuditedUser } from '../../../lab/audit.ts';

/** The audit's verdict on a user in one sentence: the anomaly, and which request overwrote which. */
export function describeInconsistentUser({ what, requests }: AuditedUser): string {
  const losses = requests.flatMap(({ requestId, command, steps }) =>
    steps.flatMap((step) =>
      step.did === 'wrote' && step.overwrote !== undefined
        ? [`request ${requestId} (${command}) overwrote ${step.overwrote}’s write without having read it`]
        : [],
    ),
  );
  return losses.length > 0 ? `${what}: ${losses.join('; ')}.` : `${what}.`;
}
