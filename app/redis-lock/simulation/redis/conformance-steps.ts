import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { scripts } from '../../src/script.ts';
import { snippets } from './conformance-snippets.ts';
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

/** Odd arguments end a command early, so most must be good for a sequence to lead anywhere. */
const mostly = <T, U>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>) =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd });

/** A string, a counter and a sorted set, unless a command for one of them has hit another. */
const key = fc.constantFrom('s', 'n', 'z');
const text = mostly(fc.constant('s'), key);
const counter = mostly(fc.constant('n'), key);
const set = mostly(fc.constant('z'), key);
const binary = fc.constantFrom('', 'x', '\xff\x00\x80', 'é', '0', '123456789', '9007199254740991');
const member = fc.constantFrom('m', 'n', 'M', '\x7f', '\x80\xff', '');
const goodIntegers = ['0', '1', '-1', '7', '9007199254740991', '9007199254740993', '-9007199254740993'];
const limits = ['9223372036854775807', '9223372036854775800', '-9223372036854775808', '9223372036854775808'];
const notIntegers = ['', '-0', '+7', '007', ' 7', '7 ', '1.5', '3.0', '1e5', 'abc', '\xff', '-'];
const integer = mostly(fc.constantFrom(...goodIntegers), fc.constantFrom(...limits, ...notIntegers));
/** Redis 7.2 and later print scores from 1e17 on, and fractions that are no binary fractions, in another way than 7.0. */
const score = mostly(
  fc.constantFrom('1', '2', '1.5', '-0.25'),
  fc.constantFrom(...goodIntegers, '-0', '1e5', 'inf', '-inf', 'abc', '1e400'),
);
/** Far enough off for no key to expire during a test, or already over. */
const ttl = mostly(
  fc.constantFrom('100000', '200000', '300000'),
  fc.constantFrom('0', '-1', '1.5', '', 'abc', '9223372036854775807'),
);

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
  none,
  fc.constantFrom(['NX'], ['xx'], ['KEEPTTL'], ['NX', 'XX'], ['PX'], ['no']),
  fc.tuple(fc.constantFrom('PX', 'EX'), ttl),
  fc.tuple(fc.constant('NX'), fc.constant('PX'), ttl),
  fc.constantFrom(['GET'], ['NX', 'get'], ['XX', 'GET'], ['KEEPTTL', 'GET']),
  fc.tuple(fc.constant('PX'), ttl, fc.constant('GET')),
);
const goodFlags = fc.constantFrom(['NX'], ['XX'], ['gt'], ['LT']);
const expireFlags = mostly(fc.oneof(none, goodFlags), fc.constantFrom(['XX', 'LT'], ['NX', 'GT'], ['GT', 'LT'], ['?']));
/** Each has a plain subscriber, a sharded one, or none. */
const channels = fc.constantFrom(`redis-lock:${clients.listening}`, 'sharded', 'empty');
const whole = fc.constant(['0', '-1', 'withscores']);

const commands: fc.Arbitrary<Step>[] = [
  command('GET', [text], none),
  command(
    'set',
    [text],
    fc.tuple(fc.tuple(binary), setOptions).map((parts) => parts.flat()),
  ),
  command('SET', [counter], fc.tuple(integer)),
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
  command('INCR', [counter], none),
  command('INCRBY', [counter], fc.tuple(integer)),
  command('ZADD', [set], fc.tuple(score, member)),
  command('ZADD', [set], fc.tuple(fc.constantFrom('NX', 'XX'), score, member, score, member)),
  command('ZADD', [set], fc.constantFrom(['NX', '1'], ['NX', 'XX', '1', 'm'], ['1', 'm', '2'])),
  command('ZPOPMIN', [set], mostly(fc.constantFrom([], ['2']), fc.constantFrom(['0'], ['-1'], ['x'], ['1', '2']))),
  command('ZREM', [set], some(member, 3)),
  command('ZCARD', [set], none),
  command('ZRANGE', [set], fc.tuple(fc.constantFrom('0', '1', '-2', '-9'), fc.constantFrom('0', '1', '-1', '9', '-9'))),
  command('ZRANGE', [set], whole),
  command('SET', [fc.constant('f')], fc.tuple(integer)),
  command('ZADD', [fc.constantFrom('f', 'a')], fc.constant(['1', 'm'])),
  command('DEL', [fc.constant('a'), fc.constant('f')], none),
  fc.constantFrom('PUBLISH', 'SPUBLISH').chain((name) => command(name, [], fc.tuple(channels, binary))),
  command(
    'PUBSUB',
    [],
    fc
      .constantFrom('NUMSUB', 'shardnumsub')
      .map((which) => [which, `redis-lock:${clients.listening}`, 'sharded', 'empty']),
  ),
  command('TIME', [], none),
  fc
    .constantFrom('GET', 'SET', 'INCRBY', 'ZADD', 'PTTL', 'TIME', 'NOPE')
    .chain((name) => command(name, [], fc.constantFrom([], ['x', 'y', 'z', 'v', 'w']))),
];

const id = fc
  .tuple(fc.constantFrom(...Object.values(clients)), fc.nat(1), mostly(fc.constant('100000'), fc.constant('200000')))
  .map((parts) => parts.join(':'));
const clock = fc.constantFrom('', '1000', '1001', '9007199254740989', '9007199254740991');
/** Commands leave most of the fence's values to the scripts, which count from the clock: only those can be compared. */
const lockKeys = mostly(fc.constant(['a', 'q', 'f']), fc.constant(['s', 'z', 'f']));

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
/** A wait of centuries would take the place in the queue far from the clock: only times near it can be compared. */
const withinAnHour = (asked: string, arrival: string) =>
  asked !== '' && arrival !== '' && asked.length !== arrival.length ? asked : arrival;
const requestOf = (waits: fc.Arbitrary<string>) =>
  fc
    .tuple(waits, clock, clock, previous)
    .map(([wait, asked, arrival, releases]) => [wait, asked, withinAnHour(asked, arrival), releases]);
const lockScripts = [
  script(
    'acquire',
    fc
      .tuple(id, fc.constantFrom('100000', '200000'), requestOf(fc.constantFrom('', '1', '2')))
      .map((parts) => parts.flat()),
  ),
  script(
    'acquire',
    fc.tuple(id, fc.constant('1'), requestOf(fc.constant(''))).map((parts) => parts.flat()),
    true,
  ),
  script('release', fc.tuple(id, clock)),
  script('extend', fc.tuple(id, fc.constant('300000'), clock)),
];
const oddArguments = fc.array(fc.oneof(id, ttl, binary), { maxLength: 6 });
const oddScripts = Object.keys(scripts).map((name) => script(name, oddArguments));

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
  { minLength: 1, maxLength: 60, size: 'max' },
);

const sources = new Map<string, LuaScript>(Object.entries(scripts));
for (const source of snippets) {
  sources.set(source, { source, sha1: createHash('sha1').update(source).digest('hex') });
}

/** The script that a step runs; undefined for a command. */
export function scriptOf({ run, script }: Step): LuaScript | undefined {
  return script ? sources.get(run) : undefined;
}
