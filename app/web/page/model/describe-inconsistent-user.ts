import type { WrongedUser } from '../../../lab/audit.ts';

/** The audit's verdict on a user as one sentence: what is wrong, and whose write was lost to whom. */
export function describeInconsistentUser({ what, requests }: WrongedUser): string {
  const losses = requests.flatMap(({ requestId, command, steps }) =>
    steps.flatMap((step) =>
      step.did === 'wrote' && step.overwrote !== undefined
        ? [`request ${requestId} (${command}) overwrote what ${step.overwrote} had written, without having read it`]
        : [],
    ),
  );
  return losses.length > 0 ? `${what}: ${losses.join('; ')}.` : `${what}.`;
}
