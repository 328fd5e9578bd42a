import { type Name, names, type RequestState, type RequestStates } from '../../state/scheduler/stepping.ts';
import { describeAnswer } from '../texts.ts';
import { describeState } from './describe-state.ts';

const titles: Readonly<Record<Name, string>> = { A: 'pay', B: 'cancel' };

/** True for the answer to a request whose write was refused. */
const isStale = (after: RequestState) =>
  after.state === 'ended' && after.answer.outcome === 'problem' && after.answer.problem === 'stale-write';

/** What a request did in its move, by where it was held and what it is about to do, such as `charged`. */
function did(name: Name, before: RequestState, after: RequestState): string {
  if (before.state !== 'held' || before.before === 'read') return 'read the user';
  if (before.before === 'act') return before.next.startsWith('refund') ? 'refunded the charge' : 'charged the card';
  return after.state === 'held' || isStale(after)
    ? `was refused its write${name === 'A' ? ', and takes its charge back' : ''}`
    : 'wrote the flag';
}

/** Describes what came of a move, such as `The cancel is blocked: waiting for the lock.` */
export function describeMove(name: Name, before: RequestStates, after: RequestStates): string {
  const state = after[name];
  const who = `The ${titles[name]}`;
  if (state.state === 'blocked') return `${who} is ${describeState(state)}. It took no step.`;
  const hasFailed = state.state === 'ended' && state.answer.outcome !== 'answered' && !isStale(state);
  const done = hasFailed ? `${who} ended.` : `${who} ${did(name, before[name], state)}.`;
  const rival = name === 'A' ? 'B' : 'A';
  const isAdmitted = before[rival].state === 'blocked' && after[rival].state === 'held';
  const admitted = isAdmitted ? ` The ${titles[rival]} ${meanwhile(before[rival], after[rival])}.` : '';
  if (state.state === 'ended') return `${done} Answer: ${describeAnswer(state.answer)}.${admitted}`;
  return `${done} It is ${describeState(state)}.${admitted}`;
}

/**
 * Describes what requests did without a move.
 *
 * @param isWithdrawn true if the question that was asked no longer applies.
 */
export function describeMeanwhile(before: RequestStates, after: RequestStates, isWithdrawn: boolean): string {
  const changed = names.filter((name) => before[name] !== after[name]);
  const parts = changed.map((name) => `the ${titles[name]} ${meanwhile(before[name], after[name])}`);
  const withdrawn = isWithdrawn ? ' The question no longer applies: it is withdrawn.' : '';
  return `Meanwhile ${parts.join(' and ')}.${withdrawn}`;
}

function meanwhile(before: RequestState, after: RequestState): string {
  if (after.state === 'held') return before.state === 'blocked' && before.at === 'entry' ? 'was admitted' : 'continued';
  if (after.state === 'ended') return `was answered: ${describeAnswer(after.answer)}`;
  return 'went on by itself: a hold lasts ten minutes at most';
}
