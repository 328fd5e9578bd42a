import type { Replied } from '../src/client.ts';
import type { LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';

/** Sends a command: its name and its arguments. */
type Send = (command: string[]) => Promise<unknown>;

/** Runs a script by its digest, and in full on a server that does not have it cached, as long as it is wanted. */
export function evaluate(
  send: Send,
  { sha1, source }: Script,
  { all }: LockKeys,
  args: readonly string[],
  done: Replied,
  isWanted: () => boolean,
): void {
  const rest = [String(all.length), ...all, ...args];
  report(send(['EVALSHA', sha1, ...rest]), (error, reply) => {
    if (error && isUnknownScript(error) && isWanted()) report(send(['EVAL', source, ...rest]), done);
    else done(error, reply);
  });
}

/** Calls `done` with what a promise settles to. */
export function report(promise: Promise<unknown>, done: Replied): void {
  promise.then(
    (reply) => done(undefined, reply),
    (error: Error) => done(error, undefined),
  );
}

/** Redis does not have the script cached: it is new, or Redis was restarted or its scripts flushed. */
export function isUnknownScript({ message }: Error): boolean {
  return /NOSCRIPT|NoScriptError/.test(message); // Redis's words, and valkey-glide's
}
