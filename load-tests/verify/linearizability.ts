import { createEntry, createFlag, type Entry, type Flag } from './flag.ts';
import { inOrderOf } from './in-order-of.ts';
import type { Operation } from './operation.ts';
import { createViolation, type QuietPoint, type Violation } from './violation.ts';

export type Linearizability =
  | { readonly linearizable: true }
  | { readonly linearizable: false; readonly violation: Violation };

/**
 * Whether one user's history is linearizable (Herlihy & Wing, Linearizability, 1990), the user being free before it:
 * whether every operation can be given a moment between its invocation and its return, so that the answers are those of
 * one operation at a time in the order of the moments. An operation that returns just when another is invoked has met it.
 * An unknown outcome may have happened at any one moment after its invocation, or never.
 *
 * In general that takes a search (Wing & Gong, Testing and verifying concurrent objects, 1993; Lowe, Testing for
 * linearizability, 2017). With one bit it does not, because there is never more than one thing to do. Go through the
 * returns in order, and do nothing until one comes whose operation is not in place:
 * - an observer, if its value was there at no time since its invocation: now the flag must be flipped;
 * - a flip that was not placed: it is placed now. If the flag has its value already, it must be flipped back first.
 * Where a flip is needed, it is the open one of that kind whose return is next. If there is none, there is no order.
 *
 * Nothing is lost by that, for any linearization can be brought into this form, return by return. What it places before
 * the next return can wait for that return; what it places there after the operation that returns can wait for the return
 * after that. What it places there before that operation is a flip to and fro, and fro again: as flips of a kind are
 * alike, all of these but the needed one can as well come after that operation. And if the needed one is not the one
 * whose return is next, let these two change places: each is still placed between its invocation and its return, or one
 * of unknown outcome takes the other's place in never happening.
 *
 * Takes O(n log n). Each user's history is checked alone: a system is linearizable if each of its objects is (ibid.).
 *
 * @throws RangeError when an operation returns before its invocation, or no such call has such an answer.
 */
export function checkLinearizability(history: readonly Operation[]): Linearizability {
  const byReturn = inOrderOf(({ returnedAtMs }) => returnedAtMs, history).map(createEntry);
  const byInvocation = inOrderOf(({ operation }) => operation.invokedAtMs, byReturn);
  const flag = createFlag();
  let invoked = 0;
  let underWay = 0;
  let lastQuiet: QuietPoint = { flag: flag.value, invoked, deadline: -1 };
  let quiet = lastQuiet;

  for (const entry of byReturn) {
    const { operation, deadline } = entry;
    if (operation.answer === 'unknown') continue;
    for (let next = byInvocation[invoked]; next && meets(next, entry); next = byInvocation[invoked]) {
      if (next.operation.call !== 'read') quiet = lastQuiet;
      flag.invoke(next);
      invoked += 1;
      if (next.operation.answer !== 'unknown') underWay += 1;
    }
    if (!place(flag, entry)) {
      const violation = createViolation(operation, flag.value, byInvocation.slice(0, invoked), quiet);
      return { linearizable: false, violation };
    }
    underWay -= 1;
    if (underWay === 0) lastQuiet = { flag: flag.value, invoked, deadline };
  }
  return { linearizable: true };
}

const meets = (next: Entry, returning: Entry) => next.operation.invokedAtMs <= returning.operation.returnedAtMs;

/** Puts the operation that returns in its place, unless it is there. @returns false when that cannot be done. */
function place(flag: Flag, entry: Entry): boolean {
  const { does, value, deadline } = entry;
  if (does === 'observes') return flag.wasSeenBy(entry) || flag.flip(deadline);
  if (!flag.isOpen(entry)) return true;
  if (flag.value === value && !flag.flip(deadline)) return false;
  return flag.flip(deadline);
}
