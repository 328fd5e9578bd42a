import type { SteppedRequest } from '../../../lab/steps/board.ts';
import type { CallAnswer } from './run.ts';
import type { WriteFate } from './traced.ts';

/** The pay, and the cancel. */
export type Name = 'A' | 'B';
export const names = ['A', 'B'] as const satisfies readonly Name[];

/** Where a request stands that is led step by step. */
export type RequestState =
  | { readonly state: 'not sent' }
  | { readonly state: 'held'; readonly before: NonNullable<SteppedRequest['heldBefore']>; readonly next: string }
  /** Its guard keeps it out. `gaveUp`: it has waited for as long as it may, was answered 409, and has gone. */
  | { readonly state: 'blocked'; readonly timedOut: boolean }
  | { readonly state: 'ended'; readonly answer: CallAnswer };

export type RequestStates = Readonly<Record<Name, RequestState>>;

export const nothingSent: RequestStates = { A: { state: 'not sent' }, B: { state: 'not sent' } };

/** The race of the README: the pay reads and charges; the cancel reads, refunds and writes; then the pay writes. */
const script = 'AABBBA';

/** Where a request stands that is answered while its guard keeps it out. Only one that gives up has been kept out to the end. */
export function answeredWhileBlocked(answer: CallAnswer): RequestState {
  return isBusy(answer) ? { state: 'blocked', timedOut: true } : { state: 'ended', answer };
}

const isBusy = (answer: CallAnswer) => answer.outcome === 'problem' && answer.problem === 'lock-busy';

const canStep = ({ state }: RequestState) => state === 'not sent' || state === 'held';

/**
 * Who moves next: whoever the script has next of those that can move; when it is over, the pay first.
 *
 * @param moves those that were made.
 * @returns undefined when nobody can move: both have ended, or whoever is left is kept out.
 */
export function nextToStep(states: RequestStates, steps: string): Name | undefined {
  const due = [...script] as Name[];
  for (const made of steps as Iterable<Name>) {
    const at = due.indexOf(made);
    if (at >= 0) due.splice(at, 1);
  }
  return [...due, ...names].find((name) => canStep(states[name]));
}

export interface Question {
  readonly about: 'arrival' | 'last-write' | 'blocked-cancel';
  readonly ask: string;
  readonly choices: readonly { readonly id: string; readonly text: string }[];
}

const questions: Readonly<Record<Question['about'], Question>> = {
  arrival: {
    about: 'arrival',
    ask: 'The pay has charged the card and has not written the flag yet. Now a cancel arrives. What will it do?',
    choices: [
      { id: 'reads', text: 'It reads the user at once: free, with one open charge' },
      { id: 'waits', text: 'It waits until the pay is done' },
      { id: 'refused-at-once', text: 'It is turned away at once' },
    ],
  },
  'last-write': {
    about: 'last-write',
    ask: 'The cancel has refunded the charge and written “free”. The pay knows nothing of it. It writes now. What happens?',
    choices: [
      { id: 'overwrites', text: 'It writes “paid” over the cancel’s “free”' },
      { id: 'refused', text: 'The database refuses its write' },
      { id: 'notices', text: 'It looks at the books once more, and stops' },
    ],
  },
  'blocked-cancel': {
    about: 'blocked-cancel',
    ask: 'The pay writes “paid” now and leaves, while the cancel waits. What will the cancel do?',
    choices: [
      { id: 'admitted', text: 'It comes in, and only then reads: paid, with one open charge' },
      { id: 'old-read', text: 'It goes on with what it read before: free' },
      { id: 'times-out', text: 'It is told to come again later' },
    ],
  },
};

/** @returns what to ask before this move is made; undefined where there is nothing to guess. */
export function questionBefore(states: RequestStates, nextName: Name): Question | undefined {
  const { A: pay, B: cancel } = states;
  const payIsToWrite = pay.state === 'held' && pay.before === 'write';
  if (!payIsToWrite) return undefined;
  if (nextName === 'B') return cancel.state === 'not sent' ? questions.arrival : undefined;
  if (cancel.state === 'blocked') return questions['blocked-cancel'];
  return cancel.state === 'ended' ? questions['last-write'] : undefined;
}

/** What is seen of a move, once it is made. */
export interface Seen {
  readonly states: RequestStates;
  /** What became of the pay's write, as the trace has it. */
  readonly payWrite: WriteFate;
}

/**
 * @returns the choice that came true; `unseen` when the trace does not show whether one has; undefined when nothing that
 *   was asked about has come about.
 */
export function actualOutcome({ about }: Question, { states, payWrite }: Seen): string | undefined {
  const cancel = states.B;
  const hasGivenUp = cancel.state === 'ended' && isBusy(cancel.answer);
  if (about === 'arrival')
    return hasGivenUp
      ? 'refused-at-once'
      : cancel.state === 'held'
        ? 'reads'
        : cancel.state === 'blocked'
          ? 'waits'
          : undefined;
  if (about === 'blocked-cancel') return hasGivenUp ? 'times-out' : cancel.state === 'held' ? 'admitted' : undefined;
  return payWrite === 'stale' ? 'overwrites' : payWrite === 'in order' ? undefined : payWrite;
}

const reasons: Readonly<Record<string, string>> = {
  reads: 'Nothing keeps it out. Both now rely on a user who is free, and only one of them can be right.',
  waits:
    'The pay holds the lock on this user’s payment from before its read until after its write. Whoever comes meanwhile stands in the queue.',
  'refused-at-once': 'The lock was held for the whole of the time that a request may wait.',
  overwrites:
    'The statement says only which user and which flag. Nobody asks whether what the pay once read is still so. This is the lost update.',
  refused:
    'The write says on what it relies, and that is not there any more. The pay takes its charge back, or finds that somebody has done so already.',
  admitted:
    'It could not have read anything before: it was outside. What it reads now is whole, and so is what it does.',
  'times-out': 'It has waited for as long as a request may wait, and was answered 409: nothing was done in its name.',
};

export function explainOutcome(actual: string): string {
  return reasons[actual] ?? '';
}
