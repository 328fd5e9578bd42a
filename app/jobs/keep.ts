/** A lock that is kept for a while after the work. */
export interface Kept {
  /** Gives it up now, if that has not been done. */
  end(): Promise<void>;
}

/** Keeps a lock for `ms` more, beside whatever else happens, and then has it released. */
export function keep(ms: number, release: () => Promise<void>): Kept {
  let released: Promise<void> | undefined;
  const end = () => {
    clearTimeout(timer);
    released ??= release();
    return released;
  };
  const timer = setTimeout(end, ms);
  return { end };
}
