import type { Random } from '../../../app/web/page/model/random.ts';
import type { FlagValue, Operation } from '../operation.ts';

export interface HistoryOptions {
  readonly operations: number;
  /** How far before and after its moment an operation is invoked and returns, at most. */
  readonly spreadMs: number;
  /** One of how many outcomes is unknown. */
  readonly unknownOneIn: number;
}

/**
 * A history that is linearizable, by having been made so: the operations happen to a flag one at a time, two a
 * millisecond, and each is invoked some time before its moment and returns some time after. Times are whole: many are equal.
 */
export function randomHistory(random: Random, { operations, spreadMs, unknownOneIn }: HistoryOptions): Operation[] {
  let flag: FlagValue = 'free';
  return Array.from({ length: operations }, (_, index): Operation => {
    const momentMs = index >> 1;
    const times = { invokedAtMs: momentMs - random(spreadMs + 1), returnedAtMs: momentMs + random(spreadMs + 1) };
    const call = (['pay', 'cancel', 'pay', 'cancel', 'read'] as const)[random(5)];
    const before = flag;
    if (call === undefined || call === 'read') return { ...times, call: 'read', answer: before };

    const isUnknown = random(unknownOneIn) === 0;
    const happens = !isUnknown || random(2) === 0;
    if (happens) flag = call === 'pay' ? 'paid' : 'free';
    // Its client gave up at once, mostly before it happened.
    if (isUnknown) return { ...times, returnedAtMs: times.invokedAtMs, call, answer: 'unknown' };
    return call === 'pay'
      ? { ...times, call, answer: before === 'free' ? 'paid' : 'already_paid' }
      : { ...times, call, answer: before === 'paid' ? 'cancelled' : 'nothing_to_cancel' };
  });
}

/** A small history, with up to three things about it changed: of every ten, about three are not linearizable. */
export function smallRandomHistory(random: Random): Operation[] {
  const history = randomHistory(random, {
    operations: 1 + random(12),
    spreadMs: random(8),
    unknownOneIn: 2 + random(8),
  });
  const changes = random(4);
  for (let change = 0; change < changes; change++) {
    const index = random(history.length);
    const operation = history[index];
    if (operation) history[index] = random(3) === 0 ? hurried(operation) : answeredOtherwise(operation);
  }
  return shuffled(history, random);
}

/** It returned as soon as it was invoked. */
const hurried = (operation: Operation): Operation => ({ ...operation, returnedAtMs: operation.invokedAtMs });

function answeredOtherwise(operation: Operation): Operation {
  switch (operation.call) {
    case 'pay':
      return { ...operation, answer: operation.answer === 'paid' ? 'already_paid' : 'paid' };
    case 'cancel':
      return { ...operation, answer: operation.answer === 'cancelled' ? 'nothing_to_cancel' : 'cancelled' };
    case 'read':
      return { ...operation, answer: operation.answer === 'paid' ? 'free' : 'paid' };
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const places = items.map((item) => ({ item, place: random(1_000_000) }));
  return places.sort((a, b) => a.place - b.place).map(({ item }) => item);
}
