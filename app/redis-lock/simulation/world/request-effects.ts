import { scripts } from '../../src/script.ts';
import type { KeyRequest, LockState } from './simulated-server.ts';

/** A script or a command that has run, and its lock before and after it. */
export interface RanRequest {
  readonly key: string;
  /** The id comes first. */
  readonly args: readonly string[];
  /** A `SET` without a script: it may overtake those whose holder has died, as it neither sees the queue nor serves it. */
  readonly isPlain: boolean;
  /** The id that it was to abandon, if any. */
  readonly abandoned: string | undefined;
  readonly before: LockState;
  readonly after: LockState;
  /** Whether it came over a connection that was lost long before. */
  readonly isLate: boolean;
  /** The server's clock. */
  readonly nowMicros: number;
}

/** @returns what a request is for: the key, the arguments with the id first, and the id that it releases. */
export function effectOf(request: KeyRequest): Pick<RanRequest, 'key' | 'args' | 'isPlain' | 'abandoned'> {
  if (request.kind === 'command') {
    const [name, key, ...args] = request.command;
    return { key, args, isPlain: name === 'SET', abandoned: undefined }; // what a conditional delete does not find is released next
  }
  const { script, args } = request;
  const previous = script === scripts.acquire && args[5] !== '' ? args[5] : undefined;
  return {
    key: request.keys[0] ?? '',
    args,
    isPlain: false,
    abandoned: script === scripts.release ? args[0] : previous,
  };
}

/**
 * What one script did to one lock on one server, against what the queue is for: the first one in it has its turn, keeps
 * its place until then, and is served by the script that frees the lock.
 *
 * @returns what is wrong, or undefined.
 */
export function outOfOrder({ args, isPlain, before, after, nowMicros }: RanRequest): string | undefined {
  for (const { name, score } of after.queue) {
    const was = scoreOf(before, name);
    if (was !== undefined && was !== score) return `${name} has lost its place in the queue`;
  }
  const [first] = after.queue;
  if (!first || isPlain) return undefined;
  const { holder } = after;
  if (holder === undefined) {
    return before.isMarked ? `${before.holder} has left the lock free, and ${first.name} waits` : undefined;
  }
  const queues = args[2] === '1'; // as acquire.lua takes it: an id may also be in a queue whose lock it only extends
  if (queues && !after.isMarked && after.queue.some(({ name }) => name === args[0])) {
    return `${args[0]} has not marked the lock`;
  }
  if (holder === before.holder) return undefined;
  if (after.queue.some(({ name }) => name === holder)) return `${holder} holds the lock, and is in the queue`;
  const place = scoreOf(before, holder) ?? arrivalOf(args, nowMicros);
  return first.score < place ? `${holder} has the lock before ${first.name}` : undefined;
}

/**
 * What makes requests harmless that arrive late, in another order: a server never shortens the TTL of an id that has
 * the lock, and has nothing left of an id that was abandoned.
 *
 * @returns what is wrong, or undefined.
 */
export function unsafe({ before, after, abandoned }: RanRequest): string | undefined {
  const { holder } = after;
  if (holder !== undefined && holder === before.holder && after.expireAt < before.expireAt) {
    return `${holder} keeps the lock for ${before.expireAt - after.expireAt} ms less`;
  }
  if (abandoned === undefined || (holder !== abandoned && scoreOf(after, abandoned) === undefined)) return undefined;
  return `${abandoned} was abandoned, and is still there`;
}

/** @returns when the one that asks has arrived, as acquire.lua takes it: by its own clock, unless that is a second off. */
function arrivalOf([, , , asked = '', arrival = '']: readonly string[], nowMicros: number): number {
  if (arrival === '') return nowMicros;
  if (asked === '' || Math.abs(Number(asked) - nowMicros) <= 1_000_000) return Number(arrival);
  return nowMicros - (Number(asked) - Number(arrival));
}

function scoreOf({ queue }: LockState, id: string): number | undefined {
  return queue.find(({ name }) => name === id)?.score;
}
