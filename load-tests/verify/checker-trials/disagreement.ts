import type { Random } from '../../../app/web/page/state/random.ts';
import type { checkLinearizability } from '../linearizability.ts';
import type { Operation } from '../operation.ts';
import type { Violation } from '../violation.ts';
import { smallRandomHistory } from './random-history.ts';
import { searchLinearization } from './wing-gong.ts';

/** Verdicts on which both checkers agree, up to the first disagreement. */
export interface Comparison {
  readonly linearizable: number;
  readonly notLinearizable: number;
  readonly disagreement?: { readonly what: string; readonly history: readonly Operation[] };
}

/** Runs a checker and the exhaustive search on small random histories until they disagree. */
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

/** @returns what is wrong with the checker's result: its verdict, or the violation that it shows. */
export function disagreementOn(
  history: readonly Operation[],
  check: typeof checkLinearizability,
  expected = searchLinearization(history),
): string | undefined {
  const verdict = check(history);
  if (verdict.linearizable !== expected) return `linearizable is ${verdict.linearizable}, the search finds ${expected}`;
  return verdict.linearizable ? undefined : flawIn(verdict.violation, history);
}

function flawIn(violation: Violation, history: readonly Operation[]): string | undefined {
  const { impossible, operations, pending, flagAtQuiet } = violation;
  const before = history.filter(({ returnedAtMs }) => returnedAtMs < impossible.returnedAtMs);
  if (!searchLinearization(asKnownThen(history, before))) return 'an answer before the reported one is impossible';
  const upToIt = history.filter(({ returnedAtMs }) => returnedAtMs <= impossible.returnedAtMs);
  if (searchLinearization(asKnownThen(history, upToIt))) return 'the reported answer is possible';

  if (!operations.includes(impossible)) return 'the reported answer is not shown';
  const toQuiet: Operation[] = flagAtQuiet === 'paid' ? [{ call: 'pay', answer: 'paid', ...longAgo }] : [];
  if (searchLinearization([...toQuiet, ...pending, ...operations])) return 'the shown operations are linearizable';
  const changesFlag = ({ call, invokedAtMs }: Operation) => call !== 'read' && invokedAtMs <= impossible.returnedAtMs;
  if (history.some(changesFlag) && !operations.some(changesFlag)) return 'only reads are shown';
  if (hasQuietPoint(operations)) return 'operations from before the last quiet point are shown';
  return undefined;
}

const longAgo = { invokedAtMs: -2000, returnedAtMs: -1000 };

/** The history once these have returned: any other change of the flag may happen at any time, or never. */
function asKnownThen(history: readonly Operation[], returned: readonly Operation[]): Operation[] {
  const answered = new Set(returned);
  return history.flatMap((operation): Operation[] => {
    if (answered.has(operation)) return [operation];
    const { call, answer, ...times } = operation;
    if (call === 'read' || answer === 'already_paid' || answer === 'nothing_to_cancel') return [];
    return [{ ...times, call, answer: 'unknown' }];
  });
}

/** True if, at some invocation of a pay or cancel, earlier operations had returned and none was in flight. */
function hasQuietPoint(operations: readonly Operation[]): boolean {
  const known = operations.filter(({ answer }) => answer !== 'unknown');
  return operations.some(({ call, invokedAtMs }) => {
    const before = known.filter((other) => other.invokedAtMs < invokedAtMs);
    const isQuiet = before.length > 0 && before.every(({ returnedAtMs }) => returnedAtMs < invokedAtMs);
    return call !== 'read' && isQuiet;
  });
}
