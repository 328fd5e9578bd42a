import { type Reply, ReplyError } from './reply.ts';

export interface Tolerance {
  readonly nowMicros: number;
  /** How much later the real server may have looked at its clock. */
  readonly toleranceMicros: number;
  /** True if a number in the reply may be a TTL in milliseconds. */
  readonly readsTtl: boolean;
}

const HOUR_MICROS = 3_600_000_000;

/** A time may have been read in one step and be part of a reply many steps later. */
const STEPS = 100;

/** The suite waits for the end of TTLs up to this. */
const SHORT_TTL_MS = 1;

/** True if both are times in microseconds, apart by no more than the real clock's progress in the longest test. */
function closeTimes(a: number, b: number, { nowMicros, toleranceMicros }: Tolerance): boolean {
  const times = [a, b].every((value) => Math.abs(value - nowMicros) < HOUR_MICROS);
  return times && Math.abs(a - b) <= STEPS * toleranceMicros;
}

/** True if both may be TTLs that began and were read at the same times, but for the real clock's progress. */
function closeTtls(a: number, b: number, { nowMicros, toleranceMicros, readsTtl }: Tolerance): boolean {
  // A fence ahead of the clock ends by a time that an earlier step read; each script that keeps it reads the clock again.
  const steps = Math.max(a, b) > HOUR_MICROS / 1000 ? STEPS : 1;
  const progress = (steps * toleranceMicros) / 1000 + 1 + roundingOf(Math.max(a, b) + nowMicros / 1000);
  return readsTtl && Math.min(a, b) > SHORT_TTL_MS && Math.abs(a - b) <= progress;
}

/**
 * What doubles may make of a TTL that ends at `expiry`, in ms. Beyond 2^53 they are `gap` apart, and four of them are
 * rounded by half of that: the TTL, its end and what is left of it in the simulation, and the real server's reply.
 */
function roundingOf(expiry: number): number {
  const gap = 2 ** (Math.floor(Math.log2(expiry)) - 52);
  return gap > 1 ? 4 * (gap / 2) : 0;
}

function numbersDiffer(a: number, b: number, tolerance: Tolerance): boolean {
  return a !== b && !closeTimes(a, b, tolerance) && !closeTtls(a, b, tolerance);
}

/** Digits may be a time: the rest must be equal, byte by byte. */
function textsDiffer(a: string, b: string, tolerance: Tolerance): boolean {
  if (a === b) return false;
  if (a.replace(/\d+/g, '0') !== b.replace(/\d+/g, '0')) return true;
  const others = b.match(/\d+/g) ?? [];
  const differs = (digits: string, other: string) =>
    digits !== other && !closeTimes(Number(digits), Number(other), tolerance);
  return (a.match(/\d+/g) ?? []).some((digits, index) => differs(digits, others[index] ?? ''));
}

/** The code and the first words. Versions of Redis differ in the rest, such as the place where a script failed. */
const prefix = ({ message }: ReplyError) => message.split(' ').slice(0, 5).join(' ');

/** @returns the microseconds that a reply to TIME stands for. */
function timeIn(reply: Reply | ReplyError): number | undefined {
  if (!Array.isArray(reply) || reply.length !== 2 || !/^\d{10}$/.test(String(reply[0]))) return undefined;
  return Number(reply[0]) * 1_000_000 + Number(reply[1]);
}

/** @returns what differs between a simulated and a real reply, or undefined. */
export function difference(
  simulated: Reply | ReplyError,
  real: Reply | ReplyError,
  tolerance: Tolerance,
): string | undefined {
  return same(simulated, real, tolerance) ? undefined : `${describe(simulated)} instead of ${describe(real)}`;
}

const describe = (reply: Reply | ReplyError) => (reply instanceof ReplyError ? String(reply) : JSON.stringify(reply));

function same(a: Reply | ReplyError, b: Reply | ReplyError, tolerance: Tolerance): boolean {
  if (a instanceof ReplyError || b instanceof ReplyError) {
    return a instanceof ReplyError && b instanceof ReplyError && prefix(a) === prefix(b);
  }
  const [time, other] = [timeIn(a), timeIn(b)];
  if (time !== undefined && other !== undefined) return closeTimes(time, other, tolerance);
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => same(item, b[index], tolerance));
  }
  if (typeof a === 'number' && typeof b === 'number') return !numbersDiffer(a, b, tolerance);
  if (typeof a === 'string' && typeof b === 'string') return !textsDiffer(a, b, tolerance);
  return a === b;
}
