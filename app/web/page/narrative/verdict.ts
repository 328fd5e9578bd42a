import { lockModeTraits } from '../../../lock-modes/registry.ts';
import type { User } from '../../../payments/users.ts';
import { formatAmount } from '../format.ts';
import { type MadeCall, type Run, waitOf } from '../state/run.ts';
import { amount } from '../state/settings.ts';
import { describeUnseen } from '../state/traced.ts';
import { describeStaleWrite, findLostWrite, isStaleWrite } from '../trace/stale-write.ts';

/** The verdict on a run, in text. */
export interface Verdict {
  /**
   * `inconsistent`: the user is inconsistent, access and payments do not match. `lost`: an update was lost without harm.
   * `held`: neither, and the trace shows it. `untested`: a call failed, or the trace does not show what was overwritten.
   */
  readonly kind: 'inconsistent' | 'lost' | 'held' | 'untested';
  readonly headline: string;
  /** Why, in a sentence or two. */
  readonly why: string;
}

/** Judges a finished run by the user's flag, the ledger and the trace. */
export function judge(run: Run): Verdict {
  const { user, after, events } = run;
  const unanswered = run.calls.find(({ answer }) => isFailure(answer));
  if (!after) {
    return { kind: 'untested', headline: 'The outcome is unknown', why: 'The user could not be read.' };
  }
  if (!unanswered && isTouched(run, after)) {
    return {
      kind: 'untested',
      headline: `Another client’s request touched ${user.name}`,
      why: 'Its flag or its payments have changed by more than this run did, so this run says nothing. Try again.',
    };
  }
  const stale = events.filter(isStaleWrite);
  const wrong = describeInconsistency(user.name, after, amount);
  if (wrong) return { kind: 'inconsistent', headline: wrong, why: stale.length > 0 ? whyStale(run) : whyUnseen(run) };
  if (unanswered) {
    return { kind: 'untested', headline: 'This run is inconclusive', why: `The ${unanswered.kind} failed. Try again.` };
  }
  if (stale.length > 0) {
    return {
      kind: 'lost',
      headline: 'An update was lost, this time without harm',
      why: `${whyStale(run)} Access and payments still match, by chance.`,
    };
  }
  const unseen = run.calls.length > 1 ? describeUnseen(run) : undefined; // a single call has no rival
  if (unseen) {
    return {
      kind: 'untested',
      headline: 'Unknown whether an update was lost',
      why: `${unseen} The user ${describeEnd(after.paid)}: access and payments match, possibly by chance.`,
    };
  }
  return { kind: 'held', headline: headlineHeld(run, after.paid), why: whyHeld(run) };
}

/**
 * @param name the start of the sentence.
 * @param paidFor the price of one access. Without it, one large charge cannot be distinguished from two.
 * @returns how access and payments differ; undefined if they match.
 */
export function describeInconsistency(
  name: string,
  { paid, balance }: { readonly paid: boolean; readonly balance: number },
  paidFor?: number,
): string | undefined {
  if (paid && balance === 0) return `${name} has access and paid nothing`;
  if (!paid && balance > 0) return `${name} is charged ${formatAmount(balance)} and has no access`;
  if (paidFor !== undefined && balance > paidFor)
    return `${name} is charged ${formatAmount(balance)} for one access of ${formatAmount(paidFor)}`;
  return undefined;
}

/** True if the trace shows all that the run did, and the user has changed by more or other than that. */
function isTouched({ user, calls, events }: Run, after: User): boolean {
  if (calls.length > 0 && describeUnseen({ calls, events })) return false;
  let [version, balance] = [user.version, user.balance];
  for (const { step, gateway, amount } of events) {
    if (step === 'written') version += 1;
    if (step === 'charged') balance += amount;
    if (step === 'refunded' && gateway === 'refunded') balance -= amount;
  }
  return after.version !== version || after.balance !== balance;
}

/** The reason where the trace shows no stale write. */
function whyUnseen({ events }: Run): string {
  if (events.length === 0) return 'There is no trace of this run. The audit below shows which request overwrote which.';
  return 'The trace does not show why.';
}

/** True after problems with an unknown effect or none. A refusal by the guard is not a failure: it is the guard's job. */
export function isFailure(answer: MadeCall['answer']): boolean {
  if (!answer || answer.outcome === 'unreachable') return true;
  return answer.outcome === 'problem' && answer.problem !== 'lock-busy' && answer.problem !== 'stale-write';
}

function whyStale({ events }: Run): string {
  const [write, ...others] = events.filter(isStaleWrite);
  if (!write) return '';
  const what = `${write.kind} ${describeStaleWrite(write, findLostWrite(write, events))}`;
  return others.length > 0 ? `${others.length + 1} updates were lost. One of them: a ${what}.` : `The ${what}.`;
}

const describeEnd = (paid: boolean) => (paid ? 'has access and one open payment' : 'has no access and no open payment');

function headlineHeld({ calls }: Run, paid: boolean): string {
  return calls.length === 1 ? `The user ${describeEnd(paid)}` : `No update was lost: the user ${describeEnd(paid)}`;
}

function whyHeld({ calls, events, mode }: Run): string {
  if (calls.length === 1) return 'A single request has no rival.';
  const busy = calls.filter(({ answer }) => answer?.outcome === 'problem' && answer.problem === 'lock-busy');
  if (busy.length > 0) {
    if (busy.length === 1) return `The ${busy[0]?.kind} timed out (409). Nothing changed.`;
    return `${busy.length} requests timed out (409) and changed nothing.`;
  }
  const refused = events.find(({ step }) => step === 'refused');
  if (refused) {
    return `The database refused the ${refused.kind}’s stale write. The ${refused.kind} then undid or repeated its work.`;
  }
  // The first holder has waited for Redis, not for a rival.
  const first = events.find(({ step }) => step === 'granted')?.requestId;
  const waits = calls.flatMap((call) => {
    const ms = waitOf(events, call.requestId);
    return ms === undefined || call.requestId === first ? [] : [{ call, ms }];
  });
  const longest = waits.toSorted((a, b) => b.ms - a.ms)[0];
  const instances = new Set(events.map(({ instance }) => instance));
  const { excludes, writeRequires } = lockModeTraits[mode];
  if (excludes === 'instance' && instances.size === 1) {
    return 'By chance: both reached the same instance, whose mutex separates them. Try again.';
  }
  if (longest && longest.ms >= 20) {
    if (waits.length > 1)
      return `${waits.length} requests were blocked, for up to ${Math.round(longest.ms)} ms, then read the latest version.`;
    return `The ${longest.call.kind} was blocked for ${Math.round(longest.ms)} ms, then read the latest version.`;
  }
  if (excludes === 'none' && (writeRequires === 'nothing' || writeRequires === 'flag'))
    return 'By chance: no request ran between another’s read and write. Try again.';
  return 'The requests did not overlap this time.';
}
