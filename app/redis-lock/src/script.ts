import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script that Redis runs atomically, on the three keys of one lock. */
export interface Script {
  readonly source: string;
  /** By which Redis knows it once it has run it. */
  readonly sha1: string;
}

const read = (file: string) => readFileSync(new URL(`../lua/${file}`, import.meta.url), 'utf8');

/** Lua in Redis has no modules: what the scripts share takes the place of a line that asks for it. */
function loadScript(file: string): Script {
  const source = read(file).replace(/^-- include (.*)$/gm, (_line, shared: string) => read(shared));
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/** Take the lock or join the queue; give up either; start the TTL anew. Each file says what it takes and returns. */
export const scripts = {
  acquire: loadScript('acquire.lua'),
  release: loadScript('release.lua'),
  extend: loadScript('extend.lua'),
} as const;

/** How many fencing tokens go with one grant: `TOKENS` in grant.lua. */
export const tokensPerGrant = 16;
