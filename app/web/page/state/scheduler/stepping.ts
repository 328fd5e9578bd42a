import type { SteppedRequest } from '../../../../lab/steps/board.ts';
import { type LockModeName, lockModeTraits } from '../../../../lock-modes/registry.ts';
import type { CallAnswer } from '../run.ts';
import type { WriteFate } from '../traced.ts';

/** The pay, and the cancel. */
export type Name = 'A' | 'B';
export const names = ['A', 'B'] as const satisfies readonly Name[];

/** The state of a stepped request. */
export type RequestState =
  | { readonly state: 'not sent' }
  | { readonly state: 'held'; readonly before: NonNullable<SteppedRequest['heldBefore']>; readonly next: string }
  /** Blocked by its guard: at its entry, or by the database within its write. */
  | { readonly state: 'blocked'; readonly at: 'entry' | 'write' }
  /** No longer held, as after the longest hold: it goes on by itself. */
  | { readonly state: 'running' }
  | { readonly state: 'ended'; readonly answer: CallAnswer };

export type RequestStates = Readonly<Record<Name, RequestState>>;

export const nothingSent: RequestStates = { A: { state: 'not sent' }, B: { state: 'not sent' } };

/** True for the answer to a request that waited as long as it may. */
export const isBusy = (answer: CallAnswer) => answer.outcome === 'problem' && answer.problem === 'lock-busy';

/** @returns the requests that can move. */
export function movable(states: RequestStates): Name[] {
  return names.filter((name) => states[name].state === 'not sent' || states[name].state === 'held');
}

export interface Question {
  readonly about: 'arrival' | 'last-write' | 'blocked-cancel';
  readonly ask: string;
  readonly choices: readonly { readonly id: string; readonly text: string }[];
}

const questions: Readonly<Record<Question['about'], Question>> = {
  arrival: {
    about: 'arrival',
    ask: 'The pay has charged the card, but not written the flag yet. Now a cancel arrives. What will it do?',
    choices: [
      { id: 'reads', text: 'It reads the user at once: unpaid, one open charge' },
      { id: 'waits', text: 'It waits until the pay is done' },
      { id: 'refused-at-once', text: 'It is refused at once' },
    ],
  },
  'last-write': {
    about: 'last-write',
    ask: 'The cancel has refunded the charge and written “unpaid”. The pay has not seen that. Now it writes. What happens?',
    choices: [
      { id: 'overwrites', text: 'It overwrites the cancel’s “unpaid” with “paid”' },
      { id: 'refused', text: 'The database refuses its write' },
      { id: 'notices', text: 'It checks the ledger again, and stops' },
    ],
  },
  'blocked-cancel': {
    about: 'blocked-cancel',
    ask: 'The cancel is blocked. Now the pay writes “paid” and releases the lock. What will the cancel do?',
    choices: [
      { id: 'admitted', text: 'It is admitted, and only then reads: paid, one open charge' },
      { id: 'old-read', text: 'It continues with its earlier read: unpaid' },
      { id: 'times-out', text: 'It is refused, and has to try again later' },
    ],
  },
};

/** @returns the question before this move; undefined where there is nothing to guess. */
export function questionBefore(states: RequestStates, nextName: Name): Question | undefined {
  const { A: pay, B: cancel } = states;
  const payIsToWrite = pay.state === 'held' && pay.before === 'write';
  if (!payIsToWrite) return undefined;
  if (nextName === 'B') return cancel.state === 'not sent' ? questions.arrival : undefined;
  if (cancel.state === 'blocked') return cancel.at === 'entry' ? questions['blocked-cancel'] : undefined;
  const hasCancelled =
    cancel.state === 'ended' && cancel.answer.outcome === 'answered' && cancel.answer.status === 'cancelled';
  return hasCancelled ? questions['last-write'] : undefined;
}

/** What a step showed. */
export interface Seen {
  readonly states: RequestStates;
  /** The result of the pay's write, by the trace. */
  readonly payWrite: WriteFate;
}

/** @returns the choice that was right; `unseen` if the trace does not show it; undefined if none was right. */
export function actualOutcome({ about }: Question, { states, payWrite }: Seen): string | undefined {
  const cancel = states.B;
  const hasGivenUp = cancel.state === 'ended' && isBusy(cancel.answer);
  if (hasGivenUp && about !== 'last-write') return about === 'arrival' ? 'refused-at-once' : 'times-out';
  if (about === 'arrival') return cancel.state === 'held' ? 'reads' : cancel.state === 'blocked' ? 'waits' : undefined;
  if (about === 'blocked-cancel') return cancel.state === 'held' ? 'admitted' : undefined;
  return payWrite === 'stale' ? 'overwrites' : payWrite === 'in order' ? undefined : payWrite;
}

const reasons: Readonly<Record<string, string>> = {
  reads: 'Nothing blocks it. Both requests now rely on an unpaid user, and only one can be right.',
  waits:
    'The pay holds the lock on this user’s payment from before its read until after its write. Other requests queue.',
  'refused-at-once': 'The lock was held for as long as a request may wait.',
  overwrites:
    'The statement names only the user and the flag. Nothing checks that the pay’s read is still current. This is the lost update.',
  refused:
    'The write names the version that it relies on, and that version is gone. The pay takes its charge back, or finds it refunded already.',
  admitted: 'It could not read before: it was blocked. So its read is current.',
  'times-out': 'It waited as long as a request may wait, and was answered 409. Nothing changed.',
};

export function explainOutcome(actual: string, mode: LockModeName): string {
  if (actual === 'overwrites' && lockModeTraits[mode].writeRequires === 'flag')
    return 'The flag is as the pay read it, so the write passes. It does not show that the charge was refunded.';
  return reasons[actual] ?? '';
}
