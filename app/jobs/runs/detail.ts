/** The longest that a run's detail may be, in characters. */
export const longestDetail = 1000;

/**
 * Joins what a run has to say to a detail that can be recorded: as many of the lines as fit, and how many do not. All of
 * them are in the log.
 */
export function detailOf(lines: readonly string[], separator = '; '): string {
  const all = lines.join(separator);
  if (all.length <= longestDetail) return all;
  const more = (count: number) => `${separator}and ${count} more: see the log`;
  const room = longestDetail - more(lines.length).length;
  const told = lines.filter((_, index) => lines.slice(0, index + 1).join(separator).length <= room);
  return `${told.join(separator)}${more(lines.length - told.length)}`;
}
