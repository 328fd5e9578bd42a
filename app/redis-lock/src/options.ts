import type { Runtime } from './runtime.ts';
import type { AcquireOptions, LockListener, LockOptions } from './types.ts';

/**
 * Checks a lock's options and fills in the defaults.
 *
 * @throws {RangeError} naming the option that is out of range and what it must be.
 */
export function readLockOptions(options: LockOptions, runtime: Runtime) {
  const {
    ttlMs = 10_000,
    nodeTimeoutMs = 500,
    driftFactor = 0.01,
    autoExtend = false,
    maxHoldMs = Math.min(10 * ttlMs, longestMs),
    fencing = true,
    prefix = '',
    listener = {},
  } = options;
  if (!(driftFactor >= 0 && driftFactor < 1))
    throw new RangeError(`driftFactor must be from 0 to below 1; it is ${driftFactor}`);
  const validityMs = (forMs: number): number => forMs - forMs * driftFactor - 2;
  checkTtl(ttlMs, validityMs);
  checkMs('nodeTimeoutMs', nodeTimeoutMs, 1);
  checkMs('maxHoldMs', maxHoldMs, 1);
  if (/[{}\s]|\p{Surrogate}/u.test(prefix)) {
    throw new RangeError(`prefix must have no braces, spaces or lone surrogates; it is ${JSON.stringify(prefix)}`);
  }
  return {
    ttlMs,
    nodeTimeoutMs,
    validityMs,
    fencing,
    prefix,
    listener: guarded(listener, runtime),
    autoExtendForMs: autoExtend ? maxHoldMs : undefined,
  };
}

/**
 * Checks the options of one acquire and fills in the defaults.
 *
 * @throws {RangeError} as {@link readLockOptions} does; {TypeError} for a signal that is none.
 */
export function readAcquireOptions(
  options: AcquireOptions | undefined,
  { ttlMs: defaultTtlMs, validityMs, fencing }: ReturnType<typeof readLockOptions>,
) {
  const { waitMs = 0, ttlMs = defaultTtlMs, signal, minToken } = options ?? {};
  if (waitMs !== 0) checkMs('waitMs', waitMs, 0);
  if (ttlMs !== defaultTtlMs) checkTtl(ttlMs, validityMs);
  if (minToken !== undefined && !fencing) throw new RangeError('minToken needs a lock with fencing: true');
  if (minToken !== undefined && !(typeof minToken === 'bigint' && minToken >= 0n && minToken < maxToken)) {
    throw new RangeError(`minToken must be a token from 0 to below ${maxToken}; it is ${minToken}`);
  }
  // Another copy of the class has signals, too.
  if (signal && typeof signal.addEventListener !== 'function') throw new TypeError('signal must be an AbortSignal');
  return { waitMs, ttlMs, signal, minToken: minToken === undefined ? undefined : Number(minToken) };
}

/**
 * Every {@link AcquireOptions.minToken} is below this. Redis's Lua numbers are doubles, exact up to a little more, which
 * is left for 60 billion grants; the clock in microseconds gets there in the year 2255.
 */
export const maxToken = BigInt(Number.MAX_SAFE_INTEGER) - 10n ** 12n;

/** @throws {RangeError} for a TTL that is not a whole number of milliseconds, or that drift uses up. */
export function checkTtl(ttlMs: number, validityMs: (ttlMs: number) => number): void {
  checkMs('ttlMs', ttlMs, 1);
  if (!Number.isInteger(ttlMs)) throw new RangeError(`ttlMs must be a whole number of milliseconds; it is ${ttlMs}`);
  if (validityMs(ttlMs) <= 0) throw new RangeError(`ttlMs leaves nothing after clock drift; it is ${ttlMs}`);
}

function checkMs(name: string, value: number, least: number): void {
  if (typeof value !== 'number' || !(value >= least && value <= longestMs)) {
    throw new RangeError(`${name} must be from ${least} to ${longestMs} milliseconds; it is ${value}`);
  }
}

/** The longest delay of a Node timer. */
const longestMs = 2 ** 31 - 1;

/** A listener that throws must not stop the lock from releasing or from settling a call. */
function guarded(listener: LockListener, runtime: Runtime): LockListener {
  const guard = <E>(name: keyof LockListener, listen: ((event: E) => void) | undefined) =>
    listen && {
      [name]: (event: E): void => {
        try {
          listen.call(listener, event);
        } catch (error) {
          runtime.warn(`the lock's listener threw in ${name}`, error);
        }
      },
    };
  return {
    ...guard('onAcquire', listener.onAcquire),
    ...guard('onRelease', listener.onRelease),
    ...guard('onLost', listener.onLost),
  };
}
