import { Command } from 'ioredis';
import { bulkString, type LockKeys } from './keys.ts';
import type { Script } from './script.ts';

/**
 * EVALSHA with the keys of a lock. ioredis would put each call together argument by argument, which is a third of what it
 * costs beyond a PING; most of it is the same from call to call.
 */
export class ScriptCommand extends Command {
  readonly #text: string;

  constructor({ sha1 }: Script, { all, encoded }: LockKeys, args: readonly string[]) {
    super('evalsha', [], { replyEncoding: 'utf8' });
    let text = `*${3 + all.length + args.length}\r\n$7\r\nevalsha\r\n$40\r\n${sha1}\r\n$1\r\n${all.length}\r\n${encoded}`;
    for (const arg of args) text += bulkString(arg);
    this.#text = text;
  }

  override toWritable(): string {
    return this.#text;
  }
}

/** The script itself, for a Redis that may not know it. */
export function inFull({ source }: Script, { all }: LockKeys, args: readonly string[]): Command {
  return new Command('eval', [source, String(all.length), ...all, ...args], { replyEncoding: 'utf8' });
}
