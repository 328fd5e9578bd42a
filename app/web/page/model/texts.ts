import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import { formatAmount, formatMs } from './format.ts';
import type { CallAnswer } from './run.ts';
import type { Scenario } from './settings.ts';

/** Each mode by a name for people and a line that says how it keeps two requests apart. */
export const modeTexts: Readonly<Record<LockModeName, { readonly title: string; readonly how: string }>> = {
  none: { title: 'No guard', how: 'Read, decide, write: three separate statements, and anybody may come in between.' },
  memory: {
    title: 'A mutex in the process',
    how: 'Whoever is on the same instance waits. Two instances know nothing of each other.',
  },
  naive: {
    title: 'SET NX and DEL',
    how: 'The lock of most blog posts. A holder who is late frees the lock of whoever came next.',
  },
  redis: {
    title: 'The Redis lock',
    how: 'A lock with an owner’s token and a time limit, looked at once more right before the write.',
  },
  redlock: {
    title: 'Redlock',
    how: 'The same lock on a majority of five Redis servers: two of them may be lost.',
  },
  fenced: {
    title: 'Redis and a fencing token',
    how: 'The lock, and a number that grows with each grant. The row refuses whoever comes with an old one.',
  },
  row: { title: 'The row’s own lock', how: 'SELECT … FOR UPDATE: the database keeps the others off the row.' },
  version: {
    title: 'Optimistic',
    how: 'Nobody waits. A write over a version that its request has not read is refused, and tried again.',
  },
};

export const scenarioTexts: Readonly<Record<Scenario, { readonly title: string; readonly what: string }>> = {
  race: { title: 'Pay and cancel at once', what: 'A cancel comes while the card processor thinks about the pay.' },
  storm: {
    title: 'Pay storm',
    what: 'Five pays of one user at once. Not more, as a browser opens six connections to a host, and one of them brings the trace.',
  },
  pay: { title: 'Pay', what: 'One pay, alone.' },
  cancel: { title: 'Cancel', what: 'One cancel, alone.' },
  steps: { title: 'Step by step', what: 'The race, move by move.' },
  load: { title: 'A small load', what: 'Five seconds of pays and cancels.' },
};

const answers: Readonly<Record<string, string>> = {
  paid: 'paid',
  already_paid: 'had paid already',
  cancelled: 'cancelled',
  nothing_to_cancel: 'nothing to cancel',
};

const problems: Readonly<Record<string, string>> = {
  'lock-busy': 'gave up waiting for the lock; nothing was done',
  'stale-write': 'was cancelled while it was made; nothing is owed',
  unavailable: 'refused: Redis or MySQL does not answer; nothing was done',
  unfinished: 'begun and not finished: it will be reconciled',
  'bad-gateway': 'no instance answered; whether it was done is not known',
  'gateway-timeout': 'not answered in time; whether it was done is not known',
  'unknown-user': 'refused: there is no such user any more',
};

/** What a call was answered, such as `paid, after 1.51 s, by app-2`. */
export function describeAnswer(answer: CallAnswer | undefined): string {
  if (!answer) return 'under way';
  const after = `after ${formatMs(answer.tookMs)}`;
  if (answer.outcome === 'unreachable') return `no answer ${after}: whether it was done is not known`;
  const by = answer.instance ? `, by ${answer.instance}` : '';
  if (answer.outcome === 'answered') return `${answers[answer.status] ?? answer.status}, ${after}${by}`;
  return `${problems[answer.problem] ?? answer.detail} (${answer.httpStatus}), ${after}${by}`;
}

/** What a step of the step control will do, as the lab puts it, with the amount for people. */
export function describeNextStep(next: string): string {
  return next
    .replace(/^charge (\d+)$/, (_, minor: string) => `charge ${formatAmount(Number(minor))}`)
    .replace(/^write (paid|free) over version (\d+)$/, 'write “$1”, having read version $2');
}
