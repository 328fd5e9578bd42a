import { ReplyError } from './reply.ts';

const MAX_INTEGER = 2n ** 63n - 1n;
const MIN_INTEGER = -(2n ** 63n);

/** Reads a 64-bit integer as strictly as Redis (`string2ll`): no plus sign, no leading zero, no space. */
export function parseInteger(text: string): bigint | undefined {
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > MAX_INTEGER || value < MIN_INTEGER ? undefined : value;
}

/** @throws ReplyError if the text is not a 64-bit integer. */
export function integerArgument(text: string): bigint {
  const value = parseInteger(text);
  if (value === undefined) throw new ReplyError('ERR value is not an integer or out of range');
  return value;
}

/** @throws ReplyError if the sum leaves the 64-bit range. */
export function addIntegers(a: bigint, b: bigint): bigint {
  const sum = a + b;
  if (sum > MAX_INTEGER || sum < MIN_INTEGER) throw new ReplyError('ERR increment or decrement would overflow');
  return sum;
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const infinite = /^([+-]?)inf(?:inity)?$/i;

/** @throws ReplyError if the text is not a score. */
export function scoreArgument(text: string): number {
  const number = decimal.test(text) ? Number(text) + 0 : Number.NaN; // Redis keeps no minus zero
  if (Number.isFinite(number)) return number;
  const sign = infinite.exec(text)?.[1];
  if (sign === undefined) throw new ReplyError('ERR value is not a valid float');
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** Formats a double as Redis 7 does for command arguments and scores: C's `%.17g`. */
export function formatDouble(value: number): string {
  if (Number.isSafeInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [digits = '', power = '0'] = value.toExponential(16).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 17) return withoutTrailingZeros(value.toFixed(16 - exponent));
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${withoutTrailingZeros(digits)}e${exponent < 0 ? '-' : '+'}${size}`;
}

const withoutTrailingZeros = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** The integer that Redis returns for a Lua number: the fraction is cut off; a number out of range is the least one. */
export function truncateToInteger(value: number): number {
  if (!(value >= -(2 ** 63) && value < 2 ** 63)) return -(2 ** 63);
  return Math.trunc(value) + 0; // no minus zero
}
