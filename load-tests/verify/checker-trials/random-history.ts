import type { Random } from '../../../app/web/page/state/random.ts';
import type { FlagValue, Operation } from '../operation.ts';

export interface HistoryOptions {
  readonly operations: number;
  /** Maximum time from invocation to effect, and from effect to return. */
  readonly spreadMs: number;
  /** One in this many outcomes is unknown. */
  readonly unknownOneIn: number;
}

/**
 * Generates a history that is linearizable by construction: operations take effect one at a time, two per millisecond,
 * each between its invocation and its return. Times are whole milliseconds, so many are equal.
 */
export function randomHistory(random: Random, { operations, spreadMs, unknownOneIn }: HistoryOptions): Operation[] {
  let flag: FlagValue = 'free';
  return Array.from({ length: operations }, (_, index): Operation => {
    const effectMs = index >> 1;
    const times = { invokedAtMs: effectMs - random(spreadMs + 1), returnedAtMs: effectMs + random(spreadMs + 1) };
    const call = (['pay', 'cancel', 'pay', 'cancel', 'read'] as const)[random(5)];
    const before = flag;
    if (call === undefined || call === 'read') return { ...times, call: 'read', answer: before };

    const isUnknown = random(unknownOneIn) === 0;
    const happens = !isUnknown || random(2) === 0;
    if (happens) flag = call === 'pay' ? 'paid' : 'free';
    // The client gave up at once, mostly before the effect.
    if (isUnknown) return { ...times, returnedAtMs: times.invokedAtMs, call, answer: 'unknown' };
    return call === 'pay'
      ? { ...times, call, answer: before === 'free' ? 'paid' : 'already_paid' }
      : { ...times, call, answer: before === 'paid' ? 'cancelled' : 'nothing_to_cancel' };
  });
}

/** A small history with up to three random changes; about three in ten are not linearizable. */
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
    if (operation) history[index] = random(3) === 0 ? returningAtOnce(operation) : withOtherAnswer(operation);
  }
  return shuffled(history, random);
}

const returningAtOnce = (operation: Operation): Operation => ({ ...operation, returnedAtMs: operation.invokedAtMs });

function withOtherAnswer(operation: Operation): Operation {
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
