import { createEarliestFirst } from './earliest-first.ts';
import { type Effect, effectOf, type FlagValue, type Operation } from './operation.ts';

/** An operation on its way through the check. */
export interface Entry extends Effect {
  readonly operation: Operation;
  /** Its place in the order of returns; infinite when its outcome is unknown. */
  readonly deadline: number;
  /** How many operations had been invoked with it. */
  arrived: number;
  /** Of a flip, the deadline at which it was placed; infinite until then. */
  placedAt: number;
}

/** @throws RangeError when the operation returns before its invocation, or no such call has such an answer. */
export function createEntry(operation: Operation, place: number): Entry {
  const { invokedAtMs, returnedAtMs, answer } = operation;
  if (!(invokedAtMs <= returnedAtMs)) {
    throw new RangeError(`an operation was invoked at ${invokedAtMs} ms and returned at ${returnedAtMs} ms`);
  }
  const deadline = answer === 'unknown' ? Number.POSITIVE_INFINITY : place;
  const { does, value } = effectOf(operation);
  return { operation, does, value, deadline, arrived: 0, placedAt: Number.POSITIVE_INFINITY };
}

/** The one bit that a check takes through a history, and the flips that were invoked and are not placed yet. */
export interface Flag {
  readonly value: FlagValue;
  invoke(entry: Entry): void;
  /** Whether this flip, which is the next to return, has not been placed yet. */
  isOpen(flip: Entry): boolean;
  /** Whether the flag has had the observer's value at any time since its invocation. */
  wasSeenBy(observer: Entry): boolean;
  /** Places the open flip to the other value whose return is next. @returns false when there is none. */
  flip(deadline: number): boolean;
}

/** @returns the flag of a free user. */
export function createFlag(): Flag {
  const open = { free: createEarliestFirst<Entry>(), paid: createEarliestFirst<Entry>() };
  /** How many operations had been invoked when the flag last ceased to have that value. */
  const arrivedUntil = { free: 0, paid: 0 };
  let value: FlagValue = 'free';
  let arrived = 0;
  return {
    get value() {
      return value;
    },
    invoke(entry) {
      arrived += 1;
      entry.arrived = arrived;
      if (entry.does === 'flips') open[entry.value].push(entry);
    },
    // Flips of a kind are placed in the order of their returns: the next to return is the first of them, or gone.
    isOpen: (flip) => open[flip.value].peek() === flip,
    wasSeenBy: (observer) => value === observer.value || arrivedUntil[observer.value] >= observer.arrived,
    flip(deadline) {
      const to = value === 'free' ? 'paid' : 'free';
      const placed = open[to].pop();
      if (!placed) return false;
      placed.placedAt = deadline;
      arrivedUntil[value] = arrived;
      value = to;
      return true;
    },
  };
}
