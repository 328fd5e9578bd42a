import { argument, type Command, type CommandContext, sortedSetAt, syntaxError } from './command.ts';
import type { Member } from './keyspace.ts';
import { formatDouble, integerArgument, parseInteger, scoreArgument } from './numbers.ts';
import { NotSimulatedError, ReplyError, type Result } from './reply.ts';

const precedes = (a: Member, b: Member) => a.score < b.score || (a.score === b.score && a.name < b.name);

/** Puts the changed set in place of the old one; a set without members is no key. */
function replace(context: CommandContext, key: string, members: readonly Member[], expireAt?: number): void {
  if (members.length === 0) context.data.delete(key);
  else context.data.set(key, { kind: 'sorted set', members, expireAt: expireAt ?? Number.POSITIVE_INFINITY });
}

function insert(members: Member[], member: Member): void {
  let index = members.length;
  while (index > 0 && precedes(member, members[index - 1] as Member)) index--;
  members.splice(index, 0, member);
}

const zaddFlags = new Set(['NX', 'XX', 'CH', 'GT', 'LT', 'INCR']);

function zadd(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  let index = 1;
  const flags = new Set<string>();
  for (let flag = argument(args, 1).toUpperCase(); zaddFlags.has(flag); flag = (args[++index] ?? '').toUpperCase()) {
    if (flag !== 'NX' && flag !== 'XX') throw new NotSimulatedError(`ZADD with ${flag}`);
    flags.add(flag);
  }
  if (index === args.length || (args.length - index) % 2 !== 0) throw syntaxError();
  if (flags.size > 1) throw new ReplyError('ERR XX and NX options at the same time are not compatible');
  const added: Member[] = [];
  for (; index < args.length; index += 2) {
    added.push({ score: scoreArgument(argument(args, index)), name: argument(args, index + 1) });
  }
  const old = sortedSetAt(context, key);
  const members = old ? [...old.members] : [];
  const before = members.length;
  for (const member of added) {
    const at = members.findIndex(({ name }) => name === member.name);
    if (at === -1 ? flags.has('XX') : flags.has('NX')) continue;
    if (at !== -1) members.splice(at, 1);
    insert(members, member);
  }
  replace(context, key, members, old?.expireAt);
  return members.length - before;
}

function withScores(members: readonly Member[]): string[] {
  return members.flatMap(({ name, score }) => [name, formatDouble(score)]);
}

function zpopmin(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  let count = 1;
  if (args.length > 2) throw syntaxError();
  if (args.length === 2) {
    const wanted = parseInteger(argument(args, 1));
    if (wanted === undefined || wanted < 0n) throw new ReplyError('ERR value is out of range, must be positive');
    count = Number(wanted);
  }
  const set = sortedSetAt(context, key);
  if (!set || count === 0) return [];
  replace(context, key, set.members.slice(count), set.expireAt);
  return withScores(set.members.slice(0, count));
}

function zrem(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  const set = sortedSetAt(context, key);
  if (!set) return 0;
  const removed = new Set(args.slice(1));
  const members = set.members.filter(({ name }) => !removed.has(name));
  if (members.length < set.members.length) replace(context, key, members, set.expireAt);
  return set.members.length - members.length;
}

function zrange(context: CommandContext, args: readonly string[]): Result {
  const option = args[3]?.toUpperCase();
  if (args.length > 4 || (option !== undefined && option !== 'WITHSCORES')) {
    throw new NotSimulatedError(`ZRANGE with ${args.slice(3).join(' ')}`);
  }
  const [start, stop] = [integerArgument(argument(args, 1)), integerArgument(argument(args, 2))].map(Number) as [
    number,
    number,
  ];
  const members = sortedSetAt(context, argument(args, 0))?.members ?? [];
  const end = stop < 0 ? stop + members.length : stop;
  const range = end < 0 ? [] : members.slice(start < 0 ? Math.max(0, start + members.length) : start, end + 1);
  return option ? withScores(range) : range.map(({ name }) => name);
}

const any = Number.POSITIVE_INFINITY;

export const sortedSetCommands: Readonly<Record<string, Command>> = {
  ZADD: { least: 3, most: any, run: zadd },
  ZPOPMIN: { least: 1, most: any, run: zpopmin },
  ZREM: { least: 2, most: any, run: zrem },
  ZCARD: {
    least: 1,
    most: 1,
    run: (context, args) => sortedSetAt(context, argument(args, 0))?.members.length ?? 0,
  },
  ZRANGE: { least: 3, most: any, run: zrange },
};
