/** Number of kinds that are remembered: the oldest are forgotten, and may be let through sooner. */
const mostKinds = 200;

/**
 * Lets one message of a kind through in a time: while a server is away, each request would log the same cause.
 *
 * @returns a function that says how many of this kind were held back since the last one; undefined if this one is, too.
 */
export function createLimitedRate(
  everyMs: number,
  now = () => performance.now(),
): (kind: string) => number | undefined {
  const kinds = new Map<string, { at: number; heldBack: number }>();
  return (kind) => {
    const last = kinds.get(kind);
    if (last && now() - last.at < everyMs) {
      last.heldBack += 1;
      return undefined;
    }
    kinds.delete(kind);
    kinds.set(kind, { at: now(), heldBack: 0 });
    const [oldest] = kinds.keys();
    if (kinds.size > mostKinds && oldest !== undefined) kinds.delete(oldest);
    return last?.heldBack ?? 0;
  };
}
