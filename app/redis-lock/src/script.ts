import { createHash } from 'node:crypto';
import { readLua } from './read-lua.ts';

/** A Lua script that Redis runs atomically on the three keys of one lock. */
export interface Script {
  readonly source: string;
  /** The digest for EVALSHA. */
  readonly sha1: string;
}

/** Lua in Redis has no modules: shared files replace the `-- include` lines. */
function loadScript(file: string): Script {
  const source = readLua(file).replace(/^-- include (.*)$/gm, (_line, shared: string) => readLua(shared));
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Acquire or queue, release, extend. Each file documents its arguments and its result. */
export const scripts = {
  acquire: loadScript('acquire.lua'),
  release: loadScript('release.lua'),
  extend: loadScript('extend.lua'),
} as const;

/** Number of fencing tokens in one grant: `TOKENS` in mint.lua. */
export const tokensPerGrant = 16;

/** @returns a script's arguments without the empty ones at the end: less work for Redis and the connection. */
export function trimmed(...args: string[]): string[] {
  while (args.at(-1) === '') args.pop();
  return args;
}
