/** @returns how many of the items have each key, in the order in which the keys are met first. */
export function countBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** @returns how many of the items are of each instance, in the order of the instances' names. */
export function countByInstance(items: readonly { readonly instance: string }[]): Record<string, number> {
  return Object.fromEntries([...countBy(items, ({ instance }) => instance)].sort());
}

/** In words, each count as `tell` has it; `none` where there is none. */
export function tellCounts(
  counts: Readonly<Record<string, number>>,
  tell: (name: string, count: number) => string,
): string {
  const told = Object.entries(counts).map(([name, count]) => tell(name, count));
  return told.length === 0 ? 'none' : told.join(', ');
}
