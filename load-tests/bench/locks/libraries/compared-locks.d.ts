// What the benchmark uses of the compared libraries. They are installed with it alone, and types are checked without them.

declare module 'redis-semaphore' {
  import type { Redis } from 'ioredis';

  export interface LockOptions {
    readonly lockTimeout: number;
    readonly acquireTimeout: number;
    readonly retryInterval: number;
    readonly refreshInterval: number;
  }
  interface Lock {
    acquire(): Promise<void>;
    release(): Promise<void>;
  }
  export const Mutex: new (redis: Redis, key: string, options: LockOptions) => Lock;
  export const RedlockMutex: new (nodes: Redis[], key: string, options: LockOptions) => Lock;
}

declare module 'redlock' {
  import type { Redis } from 'ioredis';

  interface Settings {
    readonly retryCount: number;
    readonly retryDelay: number;
    readonly retryJitter: number;
  }
  interface Lock {
    readonly expiration: number;
  }
  class Redlock {
    constructor(nodes: Iterable<Redis>, settings: Settings);
    acquire(resources: string[], duration: number): Promise<Lock>;
    release(lock: Lock, settings: Pick<Settings, 'retryCount'>): Promise<unknown>;
  }

  // biome-ignore lint/style/noDefaultExport: redlock exports it so
  export { Redlock as default };
}

declare module 'redlock-universal' {
  import type { Redis } from 'ioredis';

  interface LockHandle {
    readonly id: string;
  }
  interface Lock {
    acquire(): Promise<LockHandle>;
    release(handle: LockHandle): Promise<boolean>;
  }
  interface Settings {
    readonly key: string;
    readonly ttl: number;
    readonly retryAttempts: number;
    readonly retryDelay: number;
  }
  export class IoredisAdapter {
    constructor(redis: Redis);
  }
  export function createLock(
    settings: Settings & { adapter: IoredisAdapter; performance: 'lean'; circuitBreaker: false },
  ): Lock;
  export function createRedlock(settings: Settings & { adapters: IoredisAdapter[] }): Lock;
}
