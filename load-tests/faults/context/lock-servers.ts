import type { LockModeName } from '../../../app/lock-modes/index.ts';

/** @returns those of the servers, or of the proxies to them, that a mode keeps its locks on: none, one or five. */
export function lockServers<T>(
  mode: LockModeName,
  { redis, redlock }: { readonly redis: T; readonly redlock: readonly T[] },
): readonly T[] {
  if (mode === 'redlock') return redlock;
  return ['naive', 'redis', 'fenced'].includes(mode) ? [redis] : [];
}
