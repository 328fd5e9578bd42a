import type { LockClient, Replied } from '../src/client.ts';

/** The part of the lock's client that sends. */
type Requests = Pick<LockClient, 'runScript' | 'runCommand'>;

/**
 * The requests of a client library that takes a command as an array.
 *
 * @param send sends a command: its name and its arguments. The key is that of the lock.
 */
export function requestsBy(send: (command: string[], key: string) => Promise<unknown>): Requests {
  const run = (command: readonly string[], key: string, done: Replied): void => {
    send([...command], key).then(
      (reply) => done(undefined, reply),
      (error: Error) => done(error, undefined),
    );
  };
  return {
    runScript({ sha1, source }, { lock, all }, args, done, isWanted) {
      const rest = [String(all.length), ...all, ...args];
      run(['EVALSHA', sha1, ...rest], lock, (error, reply) => {
        if (error && isUnknownScript(error) && isWanted()) run(['EVAL', source, ...rest], lock, done);
        else done(error, reply);
      });
    },
    runCommand: (command, done) => run(command, command[1], done),
  };
}

/**
 * For a client that sends a request again by itself, to another server: each request waits until the one before it for the
 * same lock has ended. Else an acquire could be sent again after its release, and take the lock without an owner.
 */
export function inOrder({ runScript, runCommand }: Requests): Requests {
  /** By key, while a request is in flight: those that wait for it. */
  const waiting = new Map<string, (() => void)[]>();

  function enqueue(key: string, done: Replied, isWanted: () => boolean, send: (done: Replied) => void): void {
    const ended: Replied = (error, reply) => {
      done(error, reply);
      const next = waiting.get(key)?.shift();
      if (next) next();
      else waiting.delete(key);
    };
    const queue = waiting.get(key);
    if (!queue) {
      waiting.set(key, []);
      send(ended);
      return;
    }
    queue.push(() =>
      isWanted() ? send(ended) : ended(new Error('not sent: the caller no longer wanted it'), undefined),
    );
  }

  return {
    runScript: (script, keys, args, done, isWanted) =>
      enqueue(keys.lock, done, isWanted, (ended) => runScript(script, keys, args, ended, isWanted)),
    runCommand: (command, done, isWanted) =>
      enqueue(command[1], done, isWanted, (ended) => runCommand(command, ended, isWanted)),
  };
}

/** Redis does not have the script cached: it is new, or Redis was restarted or its scripts flushed. */
export function isUnknownScript({ message }: Error): boolean {
  return /NOSCRIPT/.test(message);
}
