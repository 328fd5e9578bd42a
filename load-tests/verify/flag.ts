import { createEarliestFirst } from './earliest-first.ts';
import { type Effect, effectOf, type FlagValue, type Operation } from './operation.ts';

/** The checker's state of an operation. */
export interface Entry extends Effect {
  readonly operation: Operation;
  /** Its place in the order of returns; infinite for an unknown outcome. */
  readonly deadline: number;
  /** Number of operations invoked up to and including this one. */
  arrived: number;
  /** The deadline at which this flip was placed; infinite until then. */
  placedAt: number;
}

/** @throws RangeError when the operation returns before its invocation, or its call never has this answer. */
export function createEntry(operation: Operation, place: number): Entry {
  const { invokedAtMs, returnedAtMs, answer } = operation;
  if (!(invokedAtMs <= returnedAtMs)) {
    throw new RangeError(`an operation was invoked at ${invokedAtMs} ms and returned at ${returnedAtMs} ms`);
  }
  const deadline = answer === 'unknown' ? Number.POSITIVE_INFINITY : place;
  const { does, value } = effectOf(operation);
  return { operation, does, value, deadline, arrived: 0, placedAt: Number.POSITIVE_INFINITY };
}

/** The flag's value during a check, and the flips that were invoked but not placed yet. */
export interface Flag {
  readonly value: FlagValue;
  invoke(entry: Entry): void;
  /** True if this flip, the next to return, has not been placed. */
  isOpen(flip: Entry): boolean;
  /** True if the flag had the observed value at any time since the observer's invocation. */
  wasSeenBy(observer: Entry): boolean;
  /** Places the open flip to the other value with the earliest return. @returns false when there is none. */
  flip(deadline: number): boolean;
}

/** @returns the flag of an unpaid user. */
export function createFlag(): Flag {
  const open = { free: createEarliestFirst<Entry>(), paid: createEarliestFirst<Entry>() };
  /** Number of operations invoked when the flag last lost this value. */
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
    // Flips to the same value are placed in the order of their returns, so the next to return is first in the heap or placed.
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
