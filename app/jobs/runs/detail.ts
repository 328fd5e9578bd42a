/** The maximum length of a run's detail, in characters. */
export const longestDetail = 1000;

/** Joins lines to a detail that can be recorded: as many as fit, and the number of the others. The log has all of them. */
export function detailOf(lines: readonly string[], separator = '; '): string {
  const all = lines.join(separator);
  if (all.length <= longestDetail) return all;
  const more = (count: number) => `${separator}and ${count} more: see the log`;
  const room = longestDetail - more(lines.length).length;
  const shown = lines.filter((_, index) => lines.slice(0, index + 1).join(separator).length <= room);
  return `${shown.join(separator)}${more(lines.length - shown.length)}`;
}
