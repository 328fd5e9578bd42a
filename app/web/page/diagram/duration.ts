/** A time in few letters: `0.4 ms`, `12 ms`, `1.25 s`. */
export function duration(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${Number(ms.toFixed(1))} ms`;
}

/** The same to the millisecond, for times that are to be told apart. */
export function inSeconds(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)} s` : duration(ms);
}
