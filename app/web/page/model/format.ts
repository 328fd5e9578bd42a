/** @param minor in minor units. @returns such as `49.00`. */
export function formatAmount(minor: number): string {
  return (minor / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** @returns such as `0.4 ms`, `12 ms` or `1.51 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  return `${Number((ms / 1000).toFixed(2))} s`;
}

/** The same to the millisecond, for times that are to be told apart: such as `1.510 s`. */
export function inSeconds(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)} s` : formatMs(ms);
}

/** @returns such as `1 request` or `1,204 requests`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
