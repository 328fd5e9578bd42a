import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { scripts } from '../script.ts';
import type { LuaScript } from './lua.ts';

/** One command or one script. Keys are short names: the suite makes them unique. Strings hold one byte a character. */
export interface Step {
  /** A command's name, or with `script` the name of a lock script or the source of another. */
  readonly run: string;
  readonly script: boolean;
  readonly keys: readonly string[];
  readonly args: readonly string[];
  /** The step gives a key one millisecond to live; the next step starts when that is over. */
  readonly expires: boolean;
}

/** The client whose channel has a subscriber, and one without. */
export const clients = { listening: 'listening-client', gone: 'gone-client' } as const;

const key = fc.constantFrom('a', 'b', 'c');
const binary = fc.constantFrom('', 'x', '\xff\x00\x80', 'é', '0', '123456789', '9007199254740991');
const member = fc.constantFrom('m', 'n', 'M', '\x7f', '\x80\xff', '');
const integers = ['0', '1', '-1', '7', '9007199254740991', '9007199254740993', '-9007199254740993'];
const limits = ['9223372036854775807', '9223372036854775800', '-9223372036854775808', '9223372036854775808'];
const notIntegers = ['', '-0', '+7', '007', ' 7', '7 ', '1.5', '3.0', '1e5', 'abc', '\xff', '-'];
const integer = fc.constantFrom(...integers, ...limits, ...notIntegers);
/** Redis 7.2 and later print scores from 1e17 on, and fractions that are no binary fractions, in another way than 7.0. */
const score = fc.constantFrom(...integers, '1.5', '-0.25', '-0', '1e5', 'inf', '-inf', 'abc', '1e400');
/** Far enough off for no key to expire during a test, or already over. */
const ttl = fc.constantFrom('100000', '200000', '300000', '0', '-1', '1.5', '', 'abc', '9223372036854775807');

const command = (name: string, keys: readonly fc.Arbitrary<string>[], args: fc.Arbitrary<readonly string[]>) =>
  fc.record({
    run: fc.constant(name),
    script: fc.constant(false),
    keys: fc.tuple(...keys),
    args,
    expires: fc.constant(false),
  });

const none = fc.constant<readonly string[]>([]);
const some = (texts: fc.Arbitrary<string>, most: number) => fc.array(texts, { minLength: 1, maxLength: most });
const setOptions = fc.oneof(
  { weight: 3, arbitrary: none },
  fc.constantFrom(['NX'], ['xx'], ['KEEPTTL'], ['NX', 'XX'], ['PX'], ['no']),
  fc.tuple(fc.constantFrom('PX', 'EX'), ttl),
  fc.tuple(fc.constant('NX'), fc.constant('PX'), ttl),
);
const expireFlags = fc.constantFrom(
  [],
  [],
  ['NX'],
  ['XX'],
  ['gt'],
  ['LT'],
  ['XX', 'LT'],
  ['NX', 'GT'],
  ['GT', 'LT'],
  ['?'],
);

const commands: fc.Arbitrary<Step>[] = [
  command('GET', [key], none),
  command(
    'set',
    [key],
    fc.tuple(fc.tuple(binary), setOptions).map((parts) => parts.flat()),
  ),
  command('SET', [key], fc.tuple(integer)),
  command('DEL', [key, key], none),
  command('EXISTS', [key, key], none),
  command(
    'PEXPIRE',
    [key],
    fc.tuple(fc.tuple(ttl), expireFlags).map((parts) => parts.flat()),
  ),
  command('PEXPIRE', [key], fc.constant(['1'])).map((step) => ({ ...step, expires: true })),
  command('PTTL', [key], none),
  command('PERSIST', [key], none),
  command('INCR', [key], none),
  command('INCRBY', [key], fc.tuple(integer)),
  command('ZADD', [key], fc.tuple(score, member)),
  command('ZADD', [key], fc.tuple(fc.constantFrom('NX', 'XX'), score, member, score, member)),
  command('ZADD', [key], fc.constantFrom(['NX', '1'], ['NX', 'XX', '1', 'm'], ['1', 'm', '2'])),
  command('ZPOPMIN', [key], fc.constantFrom([], [], ['2'], ['0'], ['-1'], ['x'], ['1', '2'])),
  command('ZREM', [key], some(member, 3)),
  command('ZCARD', [key], none),
  command('ZRANGE', [key], fc.tuple(fc.constantFrom('0', '1', '-2', '-9'), fc.constantFrom('0', '1', '-1', '9', '-9'))),
  command('ZRANGE', [key], fc.constant(['0', '-1', 'withscores'])),
  command('SET', [fc.constant('f')], fc.tuple(integer)),
  command('ZADD', [fc.constant('f')], fc.constant(['1', 'm'])),
  command('PERSIST', [fc.constant('f')], none),
  command('PUBLISH', [], fc.tuple(fc.constantFrom(`redis-lock:${clients.listening}`, 'empty'), binary)),
  command('PUBSUB', [], fc.constant(['NUMSUB', `redis-lock:${clients.listening}`, 'empty'])),
  command('TIME', [], none),
  fc
    .constantFrom('GET', 'SET', 'INCRBY', 'ZADD', 'PTTL', 'TIME', 'NOPE')
    .chain((name) => command(name, [], fc.constantFrom([], ['x', 'y', 'z', 'v', 'w']))),
];

const id = fc
  .tuple(fc.constantFrom(...Object.values(clients)), fc.nat(3), fc.constantFrom('100000', '200000'))
  .map((parts) => parts.join(':'));
const clock = fc.constantFrom('', '1000', '1001', '9007199254740989', '9007199254740991');
/** Commands leave most of the fence's values to the scripts, which count from the clock: only those can be compared. */
const lockKeys = fc.constantFrom(['a', 'b', 'f'], ['a', 'q', 'f'], ['a', 'q', 'f']);

function script(run: string, args: fc.Arbitrary<readonly string[]>, expires = false): fc.Arbitrary<Step> {
  return fc.record({
    run: fc.constant(run),
    script: fc.constant(true),
    keys: lockKeys,
    args,
    expires: fc.constant(expires),
  });
}

const previous = fc.oneof(fc.constant(''), id);
const lockScripts = [
  script('acquire', fc.tuple(id, fc.constantFrom('100000', '200000'), fc.constantFrom('1', ''), clock, previous)),
  script('acquire', fc.tuple(id, fc.constant('1'), fc.constant(''), clock, previous), true),
  script('release', fc.tuple(id, clock)),
  script('extend', fc.tuple(id, fc.constant('300000'), clock)),
];
const oddArguments = fc.array(fc.oneof(id, ttl, binary), { maxLength: 5 });
const oddScripts = Object.keys(scripts).map((name) => script(name, oddArguments));

/** Small scripts, each for one rule by which Lua and Redis convert values. */
const snippets = [
  'return ARGV[1]',
  'return {ARGV[1], #ARGV, #KEYS, ARGV[9]}',
  'return tonumber(ARGV[1])',
  'return tostring(tonumber(ARGV[1]))',
  "local n = tonumber(ARGV[1]) return redis.call('SET', KEYS[1], n and n % 2^56 or 'none')",
  "return redis.call('SET', KEYS[1], (tonumber(ARGV[1]) or 0) % 2^53 / 4, 'PX', 100000.0)",
  "return redis.call('SET', KEYS[1], 4503599627370495.5) and redis.call('GET', KEYS[1])",
  "return redis.call('INCRBY', KEYS[1], 16) + 0.9",
  "return {redis.call('INCRBY', KEYS[1], (tonumber(ARGV[1]) or 1) + 0), redis.call('GET', KEYS[1])}",
  "return tostring(redis.call('GET', KEYS[1]) == false)",
  "return string.format('%.0f', tonumber(ARGV[1]) or 2^53) .. '|' .. 2^53 .. '|' .. 10 / 4",
  'return {1, 2.9, -2.9, -0.5, 2^53, -2^62, true, false, {3, {4}}, nil, 5}',
  "return {ok = 'FINE\\nOK'}",
  "return {err = 'MINE broken'}",
  "return redis.error_reply('MINE broken')",
  "return redis.error_reply('alone')",
  "return redis.error_reply('-DASH broken')",
  "return redis.status_reply('FINE')",
  "return redis.call('SET', KEYS[1], 'x').ok",
  "return redis.pcall('INCR', KEYS[1])",
  "local answer = redis.pcall('ZADD', KEYS[1], ARGV[1], 'm') return type(answer) == 'table' and answer.err or answer",
  "local fine, failure = pcall(redis.call, 'INCR', KEYS[1]) return {tostring(fine), type(failure)}",
  "redis.call('SET', KEYS[1], 'kept') redis.call('ZCARD', KEYS[1])",
  "return redis.call('nope')",
  "return redis.call('GET')",
  'return redis.call()',
  "return redis.call('GET', {})",
  "return redis.call('GET', true)",
  "error('stop')",
  "error({err = 'MINE stop'})",
  'leak = 1',
  'return missing',
  'return 1 +',
  "return {pcall(function() leak = 1 end), 'kept'}",
  'return tostring(7 % -3) .. tostring(-7 % 3) .. tostring(2^0.5) .. math.floor(-2.5)',
  "local n = ARGV[1] and #ARGV[1] or 0 return {n, string.byte(ARGV[1] or '', 1, -1)}",
  "return {string.match(ARGV[1] or '', '^([^:]+):%d+:(%d+)$')}",
  "redis.call('ZADD', KEYS[1], 2.5, 'p') redis.call('ZADD', KEYS[1], 2^53, 'q') return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')",
  "redis.call('SET', KEYS[1], 'x', 'PX', 100000) redis.call('PEXPIRE', KEYS[1], 0) return redis.call('EXISTS', KEYS[1])",
  "return table.concat({1, 2.5, 'x', 1e15, 1e14, -0}, ' ')",
  "return {#redis.call('TIME'), type(redis.call('TIME')[1])}",
  "return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)\\r\\n')",
];
const snippet = fc.constantFrom(...snippets).chain((source) =>
  fc.record({
    run: fc.constant(source),
    script: fc.constant(true),
    keys: fc.tuple(key),
    args: fc.oneof(fc.tuple(integer), fc.tuple(binary), fc.tuple(id)),
    expires: fc.constant(false),
  }),
);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.oneof(...commands) },
    { weight: 3, arbitrary: fc.oneof(...lockScripts) },
    { weight: 1, arbitrary: fc.oneof(...oddScripts) },
    { weight: 3, arbitrary: snippet },
  ),
  { minLength: 1, maxLength: 40 },
);

const sources = new Map<string, LuaScript>(Object.entries(scripts));
for (const source of snippets) {
  sources.set(source, { source, sha1: createHash('sha1').update(source).digest('hex') });
}

/** The script that a step runs; undefined for a command. */
export function scriptOf({ run, script }: Step): LuaScript | undefined {
  return script ? sources.get(run) : undefined;
}
