export { formatAmount } from '../../payments/format-amount.ts';

/** @returns such as `0.4 ms`, `12 ms` or `1.51 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`;
  return `${Number((ms / 1000).toFixed(2))} s`;
}

/** The same to the millisecond, to distinguish close times: such as `1.510 s`. */
export function inSeconds(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(3)} s` : formatMs(ms);
}

/** The user's flag in a word. Undefined where the trace does not show it. */
export function formatFlag(paid: boolean | undefined): string {
  return paid === undefined ? 'the flag' : paid ? 'paid' : 'unpaid';
}

/** A version of a user's row, such as `v3 (paid)`; `v3` where its flag is unknown. */
export function formatVersion(version: number, paid: boolean | undefined): string {
  return paid === undefined ? `v${version}` : `v${version} (${formatFlag(paid)})`;
}

/** @returns such as `1 request` or `1,204 requests`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** When what could not be read again was read, such as `as of 11:45:00`; empty if it is new. */
export function formatAge(readAt: number | undefined): string {
  return readAt === undefined ? '' : `as of ${new Date(readAt).toLocaleTimeString('en-GB')}`;
}
