import type { Runtime } from '../../redis-lock/index.ts';

/** A lock that is kept for a while after the work. */
export interface Kept {
  /** Gives it up now, if that has not been done. */
  end(): Promise<void>;
}

/** Keeps a lock for `ms` more, beside whatever else happens, and then has it released. */
export function keep(runtime: Runtime, ms: number, release: () => Promise<void>): Kept {
  let released: Promise<void> | undefined;
  const end = () => {
    runtime.clearTimer(timer);
    released ??= release();
    return released;
  };
  const timer = runtime.setTimer(end, ms);
  return { end };
}
