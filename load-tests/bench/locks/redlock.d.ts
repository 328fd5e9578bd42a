/** redlock 5 beta keeps its types where its own `exports` hide them: what the bench uses of them, for the compiler. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export interface Settings {
    readonly retryCount: number;
    readonly retryDelay: number;
    readonly retryJitter: number;
  }
  export interface Lock {
    readonly expiration: number;
  }
  class Redlock {
    constructor(clients: Iterable<Redis>, settings?: Partial<Settings>);
    acquire(resources: string[], duration: number): Promise<Lock>;
    release(lock: Lock, settings?: Partial<Settings>): Promise<unknown>;
  }

  // biome-ignore lint/style/noDefaultExport: it is theirs, not ours
  export { Redlock as default };
}
