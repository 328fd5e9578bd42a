import type { Entry, Keyspace, SortedSetEntry, StringEntry } from './keyspace.ts';
import { ReplyError, type Result } from './reply.ts';

/** Sharded channels have a namespace of their own. */
export type ChannelKind = 'plain' | 'sharded';
/** @returns number of local subscribers. */
export type Publish = (channel: string, message: string, kind: ChannelKind) => number;

/** What a command works on. The time stands still while one command or one script runs. */
export interface CommandContext {
  readonly data: Keyspace;
  readonly micros: number;
  /** Milliseconds since the epoch: `micros` without its fraction. */
  readonly ms: number;
  readonly publish: Publish;
  readonly subscribers: (channel: string, kind: ChannelKind) => number;
  readonly runId: string;
}

export interface Command {
  /** Number of arguments after the command's name. */
  readonly least: number;
  readonly most: number;
  readonly run: (context: CommandContext, args: readonly string[]) => Result;
}

/** The arguments were counted before the command runs, so an index below `least` is always there. */
export const argument = (args: readonly string[], index: number): string => args[index] as string;

export const syntaxError = () => new ReplyError('ERR syntax error');

const wrongType = () => new ReplyError('WRONGTYPE Operation against a key holding the wrong kind of value');

export function stringAt({ data, ms }: CommandContext, key: string): StringEntry | undefined {
  const entry: Entry | undefined = data.get(key, ms);
  if (entry !== undefined && entry.kind !== 'string') throw wrongType();
  return entry;
}

export function sortedSetAt({ data, ms }: CommandContext, key: string): SortedSetEntry | undefined {
  const entry: Entry | undefined = data.get(key, ms);
  if (entry !== undefined && entry.kind !== 'sorted set') throw wrongType();
  return entry;
}
