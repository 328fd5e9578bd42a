import { formatAmount, formatFlag, formatMs } from '../format.ts';
import type { CallAnswer } from '../state/run.ts';
import type { Scenario } from '../state/settings.ts';

export const scenarioTexts: Readonly<Record<Scenario, { readonly title: string; readonly what: string }>> = {
  race: { title: 'Pay and cancel at once', what: 'A cancel arrives while the payment processor handles the pay.' },
  storm: {
    title: 'Pay storm',
    what: 'Five pays of one user at once. A browser opens six connections to a host; one carries the trace.',
  },
  pay: { title: 'Pay', what: 'A single pay.' },
  cancel: { title: 'Cancel', what: 'A single cancel.' },
  steps: { title: 'Step by step', what: 'The race, one step at a time.' },
  load: { title: 'A small load', what: 'Five seconds of pays and cancels.' },
};

const problems: Readonly<Record<string, string>> = {
  'lock-busy': 'timed out waiting for the lock; nothing changed',
  'stale-write': 'cancelled by another request; nothing is charged',
  'lease-lost': 'lost its lock before the write; what was charged is refunded',
  unavailable: 'refused: Redis or MySQL does not answer; nothing changed',
  unfinished: 'started, not finished; reconcile finishes it',
  'bad-gateway': 'no instance answered; result unknown',
  'gateway-timeout': 'no answer in time; result unknown',
  'unknown-user': 'refused: no such user',
};

/** Describes a call's answer, such as `paid, after 1.51 s, by app-2`. */
export function describeAnswer(answer: CallAnswer | undefined): string {
  if (!answer) return 'in progress';
  const after = `after ${formatMs(answer.tookMs)}`;
  if (answer.outcome === 'unreachable') return `no answer ${after}; result unknown`;
  const by = answer.instance ? `, by ${answer.instance}` : '';
  if (answer.outcome === 'answered') return `${answer.status.replaceAll('_', ' ')}, ${after}${by}`;
  return `${problems[answer.problem] ?? answer.detail} (${answer.httpStatus}), ${after}${by}`;
}

/** Describes the next step that the step control names, such as `charge 4900`. */
export function describeNextStep(next: string): string {
  return next
    .replace(/^charge (\d+)$/, (_, minor: string) => `charge ${formatAmount(Number(minor))}`)
    .replace(/^write (paid|free) over version (\d+)$/, (_, flag: string, version: string) => {
      return `write ${formatFlag(flag === 'paid')}, decided on v${version}`;
    });
}
