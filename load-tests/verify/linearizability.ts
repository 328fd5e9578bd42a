import { createEntry, createFlag, type Entry, type Flag } from './flag.ts';
import type { Operation } from './operation.ts';
import { createViolation, type QuietPoint, type Violation } from './violation.ts';

export type Linearizability =
  | { readonly linearizable: true }
  | { readonly linearizable: false; readonly violation: Violation };

/**
 * Checks whether one user's history is linearizable (Herlihy & Wing, Linearizability, 1990), with the user initially
 * unpaid: whether each operation can take effect at one point between its invocation and its return, so that the answers
 * are those of the operations run one at a time in the order of these points. An operation that returns at the instant of
 * another's invocation overlaps it. An unknown operation takes effect at any point after its invocation, or never.
 *
 * In general this takes a search (Wing & Gong, Testing and verifying concurrent objects, 1993; Lowe, Testing for
 * linearizability, 2017). For one bit a greedy algorithm suffices, because there is never more than one choice. It goes
 * through the returns in order and places operations only when a return requires it:
 * - An observer whose value the flag has not had since its invocation: the flag must be flipped now.
 * - A flip that was not placed: it is placed now. If the flag already has its value, the flag must be flipped back first.
 * To flip the flag, it places the open flip to that value with the earliest return. If there is none, no order exists.
 *
 * This loses no linearization, because any one can be brought into this form, return by return. An operation placed before
 * the next return can be postponed to it; one placed after the returning operation can be postponed to the following
 * return. Those placed just before the returning operation alternate between flips to one value and to the other; flips to
 * the same value are interchangeable, so all but the required one can be postponed until after it. If the required flip is
 * not the one with the earliest return, the two can be exchanged: each still lies between its invocation and its return,
 * or, of a flip that never happens, an unknown one takes that role.
 *
 * Runs in O(n log n). Each user's history is checked separately, because a system is linearizable if each of its objects is
 * (locality, ibid.).
 *
 * @throws RangeError when an operation returns before its invocation, or its call never has this answer.
 */
export function checkLinearizability(history: readonly Operation[]): Linearizability {
  const byReturn = inOrderOf(({ returnedAtMs }) => returnedAtMs, history).map(createEntry);
  const byInvocation = inOrderOf(({ operation }) => operation.invokedAtMs, byReturn);
  const flag = createFlag();
  let invoked = 0;
  let inFlight = 0;
  let lastQuiet: QuietPoint = { flag: flag.value, invoked, deadline: -1 };
  let quiet = lastQuiet;

  for (const entry of byReturn) {
    const { operation, deadline } = entry;
    if (operation.answer === 'unknown') continue;
    for (let next = byInvocation[invoked]; next && overlaps(next, entry); next = byInvocation[invoked]) {
      if (next.operation.call !== 'read') quiet = lastQuiet;
      flag.invoke(next);
      invoked += 1;
      if (next.operation.answer !== 'unknown') inFlight += 1;
    }
    if (!place(flag, entry)) {
      const violation = createViolation(operation, flag.value, byInvocation.slice(0, invoked), quiet);
      return { linearizable: false, violation };
    }
    inFlight -= 1;
    if (inFlight === 0) lastQuiet = { flag: flag.value, invoked, deadline };
  }
  return { linearizable: true };
}

const overlaps = (next: Entry, returning: Entry) => next.operation.invokedAtMs <= returning.operation.returnedAtMs;

/** Places the returning operation unless it is placed. @returns false when that is impossible. */
function place(flag: Flag, entry: Entry): boolean {
  const { does, value, deadline } = entry;
  if (does === 'observes') return flag.wasSeenBy(entry) || flag.flip(deadline);
  if (!flag.isOpen(entry)) return true;
  if (flag.value === value && !flag.flip(deadline)) return false;
  return flag.flip(deadline);
}

/**
 * Sorts items by time, stably. It sorts their indexes by an array of numbers: for a million items, that takes a fifth of the
 * time of comparing the items.
 */
function inOrderOf<T>(timeOf: (item: T) => number, items: readonly T[]): T[] {
  const times = new Float64Array(items.length);
  const places = new Uint32Array(items.length);
  items.forEach((item, place) => {
    times[place] = timeOf(item);
    places[place] = place;
  });
  places.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  const ordered = new Array<T>(items.length);
  places.forEach((from, to) => {
    ordered[to] = items[from] as T;
  });
  return ordered;
}
