import { type LevelId, levels } from './levels.ts';
import { orders } from './orders.ts';

/** What came of an order: no update lost; one lost, but access and payments match; or how they differ. */
const results = ['held', 'lost', 'accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess'] as const;
export type Result = (typeof results)[number];

/** What came of the orders that were played, by level. */
export type Progress = Readonly<Partial<Record<LevelId, Readonly<Record<string, Result>>>>>;

/** A loss stays: with the same order, a lock may hold once and expire the next time. */
export function record(progress: Progress, level: LevelId, played: readonly string[], result: Result): Progress {
  const before = progress[level] ?? {};
  const added = played.filter((order) => (before[order] ?? 'held') === 'held').map((order) => [order, result] as const);
  return { ...progress, [level]: { ...before, ...Object.fromEntries(added) } };
}

/** @returns whether an order has broken the guard, or all that were played held; undefined if none was played. */
export function stateOfLevel(progress: Progress, level: LevelId): 'broken' | 'held' | undefined {
  const found = Object.values(progress[level] ?? {});
  if (found.length === 0) return undefined;
  return found.some((result) => result !== 'held') ? 'broken' : 'held';
}

/** Reads what {@link JSON.stringify} wrote. Leaves out what is no result of an order of a level. */
export function readProgress(text: string | null): Progress {
  let stored: Record<string, Record<string, unknown> | undefined> = {};
  try {
    stored = JSON.parse(text ?? '{}') ?? {};
  } catch {
    return {};
  }
  const entries = levels.flatMap(({ id }) => {
    const known = orders.flatMap((order) => {
      const result = results.find((name) => name === stored[id]?.[order]);
      return result ? [[order, result] as const] : [];
    });
    return known.length > 0 ? [[id, Object.fromEntries(known)] as const] : [];
  });
  return Object.fromEntries(entries);
}
