/** Counts the work in progress, whether or not its caller still waits for the answer. */
export interface InFlight {
  readonly count: number;
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves once no work is in progress. */
  idle(): Promise<void>;
}

export function createInFlight(): InFlight {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    get count() {
      return count;
    },
    async run(work) {
      count += 1;
      try {
        return await work();
      } finally {
        count -= 1;
        if (count === 0) {
          for (const resolve of waiting) resolve();
          waiting.clear();
        }
      }
    },
    idle: () => (count === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
  };
}
