import { argument, type Command, type CommandContext, stringAt, syntaxError } from './command.ts';
import { expiryTime } from './expiry-commands.ts';
import { addIntegers, integerArgument } from './numbers.ts';
import { NotSimulatedError, OK, type Result } from './reply.ts';

function get(context: CommandContext, args: readonly string[]): Result {
  return stringAt(context, argument(args, 0))?.value ?? null;
}

interface SetOptions {
  readonly condition: 'NX' | 'XX' | undefined;
  readonly keepTtl: boolean;
  /** Whether the reply is the value before. */
  readonly returnsOld: boolean;
  /** When the key expires; `Infinity` without a TTL. */
  readonly expireAt: number;
}

const noSetOptions: SetOptions = {
  condition: undefined,
  keepTtl: false,
  returnsOld: false,
  expireAt: Number.POSITIVE_INFINITY,
};

function readSetOptions(context: CommandContext, args: readonly string[]): SetOptions {
  if (args.length === 2) return noSetOptions;
  let condition: 'NX' | 'XX' | undefined;
  let keepTtl = false;
  let returnsOld = false;
  let ttl: { text: string; unitMs: number } | undefined;
  for (let index = 2; index < args.length; index++) {
    const option = argument(args, index).toUpperCase();
    if (option === 'NX' || option === 'XX') {
      if (condition !== undefined && condition !== option) throw syntaxError();
      condition = option;
    } else if (option === 'KEEPTTL') {
      if (ttl) throw syntaxError();
      keepTtl = true;
    } else if (option === 'PX' || option === 'EX') {
      const text = args[++index];
      if (text === undefined || ttl || keepTtl) throw syntaxError();
      ttl = { text, unitMs: option === 'PX' ? 1 : 1000 };
    } else if (option === 'GET') {
      returnsOld = true;
    } else if (option === 'PXAT' || option === 'EXAT') {
      throw new NotSimulatedError(`SET with ${option}`);
    } else throw syntaxError();
  }
  if (!ttl) return { ...noSetOptions, condition, keepTtl, returnsOld };
  return {
    condition,
    keepTtl,
    returnsOld,
    expireAt: expiryTime(context, ttl.text, { unitMs: ttl.unitMs, leastMs: 1, command: 'set' }),
  };
}

function set(context: CommandContext, args: readonly string[]): Result {
  const key = argument(args, 0);
  const { condition, keepTtl, returnsOld, expireAt } = readSetOptions(context, args);
  const before = returnsOld ? (stringAt(context, key)?.value ?? null) : undefined;
  if (condition !== undefined || keepTtl) {
    const old = context.data.get(key, context.ms);
    if (condition === (old ? 'NX' : 'XX')) return before ?? null;
    if (keepTtl && old) {
      context.data.set(key, { kind: 'string', value: argument(args, 1), expireAt: old.expireAt });
      return before === undefined ? OK : before;
    }
  }
  context.data.set(key, { kind: 'string', value: argument(args, 1), expireAt });
  return before === undefined ? OK : before;
}

function deleteIfEqual(context: CommandContext, key: string, value: string): Result {
  const isEqual = stringAt(context, key)?.value === value;
  if (isEqual) context.data.delete(key);
  return isEqual ? 1 : 0;
}

/** Of Redis 8.4, with IFEQ only: https://redis.io/docs/latest/commands/delex/. */
function delex(context: CommandContext, args: readonly string[]): Result {
  if (argument(args, 1).toUpperCase() !== 'IFEQ') throw new NotSimulatedError('DELEX without IFEQ');
  return deleteIfEqual(context, argument(args, 0), argument(args, 2));
}

/** Adds to the integer at the key, which keeps its TTL. */
function increment(context: CommandContext, key: string, by: bigint): Result {
  const old = stringAt(context, key);
  const sum = addIntegers(old ? integerArgument(old.value) : 0n, by);
  context.data.set(key, {
    kind: 'string',
    value: sum.toString(),
    expireAt: old?.expireAt ?? Number.POSITIVE_INFINITY,
  });
  return Number(sum);
}

export const stringCommands: Readonly<Record<string, Command>> = {
  GET: { least: 1, most: 1, run: get },
  SET: { least: 2, most: Number.POSITIVE_INFINITY, run: set },
  DELEX: { least: 3, most: 3, run: delex },
  // Of Valkey 9: https://valkey.io/commands/delifeq/
  DELIFEQ: { least: 2, most: 2, run: (context, args) => deleteIfEqual(context, argument(args, 0), argument(args, 1)) },
  INCR: { least: 1, most: 1, run: (context, args) => increment(context, argument(args, 0), 1n) },
  INCRBY: {
    least: 2,
    most: 2,
    run: (context, args) => increment(context, argument(args, 0), integerArgument(argument(args, 1))),
  },
};
