/** @returns the number of items with each key, in the order of the keys' first occurrence. */
export function countBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

/** @returns the number of items of each instance, in the order of the instances' names. */
export function countByInstance(items: readonly { readonly instance: string }[]): Record<string, number> {
  return Object.fromEntries([...countBy(items, ({ instance }) => instance)].sort());
}

/** Formats each count by `format`; `none` without any. */
export function formatCounts(
  counts: Readonly<Record<string, number>>,
  format: (name: string, count: number) => string,
): string {
  const formatted = Object.entries(counts).map(([name, count]) => format(name, count));
  return formatted.length === 0 ? 'none' : formatted.join(', ');
}
