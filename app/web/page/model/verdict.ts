import { formatAmount } from './format.ts';
import { type MadeCall, type Run, waitOf } from './run.ts';
import { amount } from './settings.ts';
import { isStaleWrite } from './stale-write.ts';
import { describeUnseen } from './traced.ts';

/** What came of a run, for people. */
export interface Verdict {
  /**
   * `wronged`: flag and books disagree. `lost`: an update was lost, and it did no harm this time. `held`: neither, and the
   * trace has seen it. `untested`: a call could not be carried out, or nobody has seen what was overwritten.
   */
  readonly kind: 'wronged' | 'lost' | 'held' | 'untested';
  readonly headline: string;
  /** Why, in a sentence or two. */
  readonly why: string;
}

/** Judges a run that is over, by the user's flag and books and by what the trace has seen. */
export function judge(run: Run): Verdict {
  const { user, after, events } = run;
  const unanswered = run.calls.find(({ answer }) => isFailure(answer));
  if (!after) {
    return { kind: 'untested', headline: 'Nobody could say what came of it', why: 'The user could not be read.' };
  }
  const stale = events.filter(isStaleWrite);
  const wrong = describeInconsistency(user.name, after, amount);
  if (wrong) return { kind: 'wronged', headline: wrong, why: stale.length > 0 ? whyStale(run) : whyUnseen(run) };
  if (unanswered) {
    return {
      kind: 'untested',
      headline: 'This run says nothing',
      why: `The ${unanswered.kind} could not be carried out. Try it again.`,
    };
  }
  if (stale.length > 0) {
    return {
      kind: 'lost',
      headline: 'An update was lost, and it did no harm this time',
      why: `${whyStale(run)} Flag and books agree all the same, by luck.`,
    };
  }
  const unseen = run.calls.length > 1 ? describeUnseen(run) : undefined; // one alone races with nobody
  if (unseen) {
    return {
      kind: 'untested',
      headline: 'Whether an update was lost is not known',
      why: `${unseen} In the end the user ${describeEnd(after.paid)}: flag and books agree, which may be luck.`,
    };
  }
  return { kind: 'held', headline: headlineHeld(run, after.paid), why: whyHeld(run) };
}

/**
 * @param name as the sentence is to begin.
 * @param paidFor what one access costs; without it, nobody can tell one large charge from two.
 * @returns what is wrong between flag and books, in words; undefined when they agree.
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

/** Where the trace shows no stale write. */
function whyUnseen({ events }: Run): string {
  if (events.length === 0)
    return 'There is no trace of this run. The audit, further down, tells which request overwrote which.';
  return 'Flag and books disagree. The trace of this run does not show why: somebody else may have been at work.';
}

/** Problems after which nothing, or nobody knows what, was done. A refusal by the guard is none: it is what guards do. */
function isFailure(answer: MadeCall['answer']): boolean {
  if (!answer || answer.outcome === 'unreachable') return true;
  return answer.outcome === 'problem' && answer.problem !== 'lock-busy' && answer.problem !== 'stale-write';
}

function whyStale({ events }: Run): string {
  const write = events.find(isStaleWrite);
  if (!write) return '';
  const lost = events.find(({ step, overwrote }) => step === 'written' && overwrote === (write.overwrote ?? 0) - 1);
  const flag = (paid: boolean | undefined) => (paid ? 'paid' : 'free');
  const whose = lost ? `the ${lost.kind}’s “${flag(lost.paid)}”` : 'a write';
  return `The ${write.kind} had read version ${write.readVersion}. By the time it wrote “${flag(write.paid)}”, version ${write.overwrote} was there: it wiped out ${whose} without ever having seen it.`;
}

const describeEnd = (paid: boolean) =>
  paid ? 'has access, and has paid for it once' : 'has no access, and is charged nothing';

function headlineHeld({ calls }: Run, paid: boolean): string {
  return calls.length === 1 ? `The user ${describeEnd(paid)}` : `Nothing was lost: the user ${describeEnd(paid)}`;
}

function whyHeld({ calls, events, mode }: Run): string {
  if (calls.length === 1) return 'One request alone has nobody to race with.';
  const busy = calls.filter(({ answer }) => answer?.outcome === 'problem' && answer.problem === 'lock-busy');
  if (busy.length > 0) {
    const who = busy.length === 1 ? `The ${busy[0]?.kind} waited in vain` : `${busy.length} requests waited in vain`;
    return `${who} and gave up: 409, try again later. Nothing was done in its name.`;
  }
  const refused = events.find(({ step }) => step === 'refused');
  if (refused) {
    return `The ${refused.kind} tried to write over what it had not read. The database refused, and it put right what it had begun.`;
  }
  const waits = calls.flatMap((call) => {
    const ms = waitOf(events, call.requestId);
    return ms === undefined ? [] : [{ call, ms }];
  });
  const longest = waits.toSorted((a, b) => b.ms - a.ms)[0];
  const instances = new Set(events.map(({ instance }) => instance));
  if (mode === 'memory' && instances.size === 1) {
    return 'By luck: both came to the same instance, whose mutex keeps them apart. Try it again.';
  }
  if (longest && longest.ms >= 20) {
    return `The ${longest.call.kind} was kept waiting for ${Math.round(longest.ms)} ms, and then read what the other had left.`;
  }
  if (mode === 'none') return 'By luck: this time nobody came between another’s read and write. Try it again.';
  return 'They did not meet this time.';
}
