/** From right after a grant to right before the release, in milliseconds of the machine's monotonic clock. */
export interface Holding {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The machine's monotonic clock, which all processes share; `performance.now()` counts from each one's own start. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Looks for two holders at once, whichever processes they were in. To look afterwards disturbs nothing that is measured.
 *
 * @returns how many began while an earlier one was still going on: 0 for a lock that keeps its promise.
 */
export function countViolations(holdings: readonly Holding[]): number {
  let violations = 0;
  let heldUntilMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...holdings].sort((a, b) => a.fromMs - b.fromMs)) {
    if (fromMs < heldUntilMs) violations += 1;
    heldUntilMs = Math.max(heldUntilMs, toMs);
  }
  return violations;
}
