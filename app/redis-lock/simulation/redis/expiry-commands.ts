import { argument, type Command, type CommandContext } from './command.ts';
import { integerArgument } from './numbers.ts';
import { ReplyError, type Result } from './reply.ts';

interface ExpiryUnit {
  readonly unitMs: number;
  /** The least TTL that the command accepts. */
  readonly leastMs?: number;
  readonly command: string;
}

/**
 * When a TTL that starts now ends, in milliseconds since the epoch.
 * @throws ReplyError if the TTL is not an integer or out of the command's range.
 */
export function expiryTime({ ms }: CommandContext, text: string, { unitMs, leastMs, command }: ExpiryUnit): number {
  const ttlMs = Number(integerArgument(text)) * unitMs;
  if ((leastMs !== undefined && ttlMs < leastMs) || Math.abs(ttlMs) > 2 ** 63 || ttlMs + ms >= 2 ** 63) {
    throw new ReplyError(`ERR invalid expire time in '${command}' command`);
  }
  return ttlMs + ms;
}

function readFlags(args: readonly string[]): ReadonlySet<string> {
  const flags = new Set<string>();
  for (const option of args.slice(2)) {
    const flag = option.toUpperCase();
    if (!['NX', 'XX', 'GT', 'LT'].includes(flag)) throw new ReplyError(`ERR Unsupported option ${option}`);
    flags.add(flag);
  }
  if (flags.has('NX') && flags.size > 1) {
    throw new ReplyError('ERR NX and XX, GT or LT options at the same time are not compatible');
  }
  if (flags.has('GT') && flags.has('LT')) {
    throw new ReplyError('ERR GT and LT options at the same time are not compatible');
  }
  return flags;
}

/** `Infinity` stands for no TTL: GT never replaces it, LT always does. */
function mayReplace(flags: ReadonlySet<string>, old: number, next: number): boolean {
  const persistent = old === Number.POSITIVE_INFINITY;
  if (flags.has('NX') && !persistent) return false;
  if (flags.has('XX') && persistent) return false;
  if (flags.has('GT') && next <= old) return false;
  return !(flags.has('LT') && next >= old);
}

function pexpire(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  const flags = args.length > 2 ? readFlags(args) : undefined;
  const expireAt = expiryTime(context, argument(args, 1), { unitMs: 1, command: 'pexpire' });
  const entry = context.data.get(key, context.ms);
  if (!entry || (flags && !mayReplace(flags, entry.expireAt, expireAt))) return 0;
  if (expireAt <= context.ms) context.data.delete(key);
  else context.data.set(key, { ...entry, expireAt });
  return 1;
}

function pttl(context: CommandContext, args: readonly string[]): Result {
  const entry = context.data.get(argument(args, 0), context.ms);
  if (!entry) return -2;
  return entry.expireAt === Number.POSITIVE_INFINITY ? -1 : entry.expireAt - context.ms;
}

function persist(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  const entry = context.data.get(key, context.ms);
  if (!entry || entry.expireAt === Number.POSITIVE_INFINITY) return 0;
  context.data.set(key, { ...entry, expireAt: Number.POSITIVE_INFINITY });
  return 1;
}

export const expiryCommands: Readonly<Record<string, Command>> = {
  PEXPIRE: { least: 2, most: Number.POSITIVE_INFINITY, run: pexpire },
  PTTL: { least: 1, most: 1, run: pttl },
  PERSIST: { least: 1, most: 1, run: persist },
};
