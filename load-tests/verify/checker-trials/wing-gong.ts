import type { FlagValue, Operation } from '../operation.ts';

/**
 * The reference for {@link checkLinearizability}, with which it shares no code: the general search of Wing & Gong (1993)
 * with the memoization of Lowe (2017). From each state, it tries every operation that no pending one must precede; it skips
 * a set of operations that has led to the same state before.
 *
 * Exponential in the number of overlapping operations.
 *
 * @throws RangeError for more than 30 operations.
 */
export function searchLinearization(history: readonly Operation[]): boolean {
  if (history.length > 30) throw new RangeError('the search takes at most 30 operations');
  const mustHappen = history.reduce((set, { answer }, index) => (answer === 'unknown' ? set : set | (1 << index)), 0);
  const triedWith = { free: new Set<number>(), paid: new Set<number>() };

  function search(done: number, state: FlagValue): boolean {
    if ((done & mustHappen) === mustHappen) return true;
    if (triedWith[state].has(done)) return false;
    triedWith[state].add(done);
    return history.some((operation, index) => {
      if (done & (1 << index) || history.some((other, place) => !(done & (1 << place)) && precedes(other, operation)))
        return false;
      const next = apply(state, operation);
      return next !== undefined && search(done | (1 << index), next);
    });
  }
  return search(0, 'free');
}

function precedes(a: Operation, b: Operation): boolean {
  return a.answer !== 'unknown' && a.returnedAtMs < b.invokedAtMs;
}

/** @returns the state after the operation, or undefined when its answer is impossible in this state. */
function apply(state: FlagValue, { call, answer }: Operation): FlagValue | undefined {
  if (call === 'read') return answer === state ? state : undefined;
  if (call === 'pay') {
    if (answer === 'unknown') return 'paid';
    return answer === (state === 'free' ? 'paid' : 'already_paid') ? 'paid' : undefined;
  }
  if (answer === 'unknown') return 'free';
  return answer === (state === 'paid' ? 'cancelled' : 'nothing_to_cancel') ? 'free' : undefined;
}
