import type { Random } from '../../../app/web/page/model/random.ts';
import type { checkLinearizability } from '../linearizability.ts';
import type { Operation } from '../operation.ts';
import type { Violation } from '../violation.ts';
import { smallRandomHistory } from './random-history.ts';
import { searchLinearization } from './wing-gong.ts';

/** What the two checkers said of so many histories. */
export interface Comparison {
  readonly linearizable: number;
  readonly notLinearizable: number;
  /** The first history on which they differ. */
  readonly disagreement?: { readonly what: string; readonly history: readonly Operation[] };
}

/** Gives random small histories to a checker and to the search, until they differ or there were enough. */
export function compareWithSearch(check: typeof checkLinearizability, random: Random, histories: number): Comparison {
  let linearizable = 0;
  for (let compared = 0; compared < histories; compared++) {
    const history = smallRandomHistory(random);
    const expected = searchLinearization(history);
    const what = disagreementOn(history, check, expected);
    if (what !== undefined)
      return { linearizable, notLinearizable: compared - linearizable, disagreement: { what, history } };
    if (expected) linearizable += 1;
  }
  return { linearizable, notLinearizable: histories - linearizable };
}

/** @returns what the checker gets wrong about a history: the verdict, or which answer is the first impossible one. */
export function disagreementOn(
  history: readonly Operation[],
  check: typeof checkLinearizability,
  expected = searchLinearization(history),
): string | undefined {
  const verdict = check(history);
  if (verdict.linearizable !== expected) return `linearizable is ${verdict.linearizable}, the search says ${expected}`;
  return verdict.linearizable ? undefined : flawIn(verdict.violation, history);
}

function flawIn(violation: Violation, history: readonly Operation[]): string | undefined {
  const { impossible, operations, pending, flagAtQuiet } = violation;
  const before = history.filter(({ returnedAtMs }) => returnedAtMs < impossible.returnedAtMs);
  if (!searchLinearization(asKnownThen(history, before))) return 'an earlier answer than the named one is impossible';
  const upToIt = history.filter(({ returnedAtMs }) => returnedAtMs <= impossible.returnedAtMs);
  if (searchLinearization(asKnownThen(history, upToIt))) return 'the named answer is possible';

  if (!operations.includes(impossible)) return 'the named answer is not shown';
  const toQuiet: Operation[] = flagAtQuiet === 'paid' ? [{ call: 'pay', answer: 'paid', ...longAgo }] : [];
  if (searchLinearization([...toQuiet, ...pending, ...operations])) return 'what is shown is linearizable';
  const isTelling = ({ call, invokedAtMs }: Operation) => call !== 'read' && invokedAtMs <= impossible.returnedAtMs;
  if (history.some(isTelling) && !operations.some(isTelling)) return 'nothing is shown but reads';
  if (hasQuietPoint(operations)) return 'more is shown than since the last quiet point';
  return undefined;
}

const longAgo = { invokedAtMs: -2000, returnedAtMs: -1000 };

/** The history as it is known when these have returned: what else changes the flag may happen at any time, or never. */
function asKnownThen(history: readonly Operation[], returned: readonly Operation[]): Operation[] {
  const answered = new Set(returned);
  return history.flatMap((operation): Operation[] => {
    if (answered.has(operation)) return [operation];
    const { call, answer, ...times } = operation;
    if (call === 'read' || answer === 'already_paid' || answer === 'nothing_to_cancel') return [];
    return [{ ...times, call, answer: 'unknown' }];
  });
}

/** Whether, of what is shown, some was over and nothing under way when a pay or a cancel was invoked. */
function hasQuietPoint(operations: readonly Operation[]): boolean {
  const known = operations.filter(({ answer }) => answer !== 'unknown');
  return operations.some(({ call, invokedAtMs }) => {
    const before = known.filter((other) => other.invokedAtMs < invokedAtMs);
    const isQuiet = before.length > 0 && before.every(({ returnedAtMs }) => returnedAtMs < invokedAtMs);
    return call !== 'read' && isQuiet;
  });
}
