import type { LockClient, Replied } from '../src/client.ts';

/**
 * The requests of a client library that takes a command as an array.
 *
 * @param send sends a command: its name and its arguments.
 */
export function requestsBy(
  send: (command: string[]) => Promise<unknown>,
): Pick<LockClient, 'runScript' | 'runCommand'> {
  const run = (command: readonly string[], done: Replied): void => {
    send([...command]).then(
      (reply) => done(undefined, reply),
      (error: Error) => done(error, undefined),
    );
  };
  return {
    runScript({ sha1, source }, { all }, args, done, isWanted) {
      const rest = [String(all.length), ...all, ...args];
      run(['EVALSHA', sha1, ...rest], (error, reply) => {
        if (error && isUnknownScript(error) && isWanted()) run(['EVAL', source, ...rest], done);
        else done(error, reply);
      });
    },
    runCommand: run,
  };
}

/** Redis does not have the script cached: it is new, or Redis was restarted or its scripts flushed. */
export function isUnknownScript({ message }: Error): boolean {
  return /NOSCRIPT/.test(message);
}
