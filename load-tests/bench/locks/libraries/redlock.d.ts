/** The `exports` of redlock 5 beta hide its types. These are the ones that the benchmark uses. */
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

  // biome-ignore lint/style/noDefaultExport: redlock exports it so
  export { Redlock as default };
}
