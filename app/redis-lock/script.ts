import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua script that Redis runs atomically. */
export type Script = (redis: Redis, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/**
 * Loads a script from a file beside this one. It is sent by its digest (EVALSHA) and, where Redis does not know it yet
 * or has been restarted since (NOSCRIPT), once more in full.
 */
export function loadScript(file: string): Script {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  const sha1 = createHash('sha1').update(source).digest('hex');
  return (redis, keys, args) =>
    redis.evalsha(sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(source, keys.length, ...keys, ...args);
    });
}
