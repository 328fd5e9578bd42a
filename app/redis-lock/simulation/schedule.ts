import fc from 'fast-check';
import type { ConditionalDeleteName } from './redis/simulated-redis.ts';
import { randomStream } from './world/random.ts';
import type { FirstAfterPause } from './world/simulated-process.ts';
import type { SubscribersPlace } from './world/simulated-server.ts';

/** One process, and how its lock is made. */
export interface ProcessConfig {
  readonly ttlMs: number;
  readonly autoExtend: boolean;
  /** Default true. */
  readonly fencing?: boolean;
  /** Its monotonic clock's speed, in thousandths of a percent off. */
  readonly clockError: number;
  readonly wallClockOffsetMs: number;
}

/** A server. */
export interface ServerConfig {
  readonly clockError: number;
  readonly clockOffsetMs: number;
  /** Default: none. */
  readonly conditionalDelete?: ConditionalDeleteName | undefined;
}

interface WorldConfig {
  /** Of everything that is not drawn: delays, the processes' own chance. */
  readonly seed: number;
  readonly processes: readonly ProcessConfig[];
  readonly nodeTimeoutMs: number;
  /** Whether a connection is kept however long a request on it is unanswered. */
  readonly isPatient?: boolean;
  readonly subscribers: SubscribersPlace;
  readonly servers: readonly ServerConfig[];
  /** The longest TTL that comes up. */
  readonly longestTtlMs: number;
}

/**
 * What happens, and how long after the action before it. Times are in milliseconds; `lease` and `call` count from the
 * newest.
 */
export type Action = { readonly afterMs: number } & (
  | {
      readonly do: 'acquire';
      readonly process: number;
      readonly key: number;
      readonly waitMs: number;
      readonly ttlMs: number;
      readonly holdMs: number | undefined;
      /** `minToken`: the key's last token, or one far ahead of the clock. */
      readonly minToken?: 'last' | 'ahead' | undefined;
    }
  | {
      readonly do: 'burst';
      readonly process: number;
      readonly key: number;
      readonly count: number;
      readonly abort: boolean;
    }
  | { readonly do: 'abort'; readonly call: number }
  | { readonly do: 'extend'; readonly lease: number; readonly ttlMs: number }
  | { readonly do: 'release'; readonly lease: number }
  | { readonly do: 'close'; readonly process: number }
  | { readonly do: 'wait' }
  | { readonly do: 'pause'; readonly process: number; readonly forMs: number; readonly first: FirstAfterPause }
  | { readonly do: 'kill'; readonly process: number; readonly unnoticed: boolean }
  | {
      readonly do: 'cut';
      readonly process: number;
      readonly node: number;
      readonly what: 'commands' | 'subscription' | 'both';
      readonly arriving: number;
      readonly lateMs: number;
    }
  | {
      readonly do: 'delay';
      readonly process: number;
      readonly node: number;
      readonly what: 'commands' | 'subscription' | 'both';
      readonly byMs: number;
      readonly forMs: number;
    }
  /** The process and so many servers, from this one on, cannot reach each other. */
  | {
      readonly do: 'part';
      readonly process: number;
      readonly node: number;
      readonly count: number;
      readonly forMs: number;
    }
  | { readonly do: 'freeze'; readonly node: number; readonly forMs: number }
  | { readonly do: 'restart'; readonly node: number; readonly forMs: number; readonly lostStates: number }
  | { readonly do: 'failover'; readonly node: number; readonly missedStates: number; readonly oldReturns: boolean }
  | { readonly do: 'jump'; readonly process: number; readonly byMs: number }
  | { readonly do: 'jump-server'; readonly node: number; readonly byMs: number }
);

export interface Schedule {
  readonly config: WorldConfig;
  readonly actions: readonly Action[];
}

/**
 * What may go wrong with the servers' data.
 *
 * - `none`: they keep what they have acknowledged.
 * - `minority`: of several nodes, fewer than half may lose data, and are away for longer than any TTL then.
 * - `any`: all may lose any part of it at any time, and their clocks may jump.
 */
export type Losses = 'none' | 'minority' | 'any';

/** How many servers a world may have. */
export const nodeCounts = [1, 3, 5] as const;
export type NodeCount = (typeof nodeCounts)[number];

/** In thousandths of a percent: two clocks differ by 0.9 % at the most, and `driftFactor` allows for 1 %. */
const clockError = fc.oneof(fc.integer({ min: -450, max: 450 }), fc.constantFrom(0, -450, 450));
const conditionalDelete = fc.constantFrom(undefined, 'DELEX' as const, 'DELIFEQ' as const);
const sooner = [0, 0, 0, 1, 2, 5, 20, 100];
const later = [250, 600, 2000];
/** The TTLs of a schedule. The shortest and the longest take the most events, and come up less often. */
const short: readonly number[] = [60, 120, 300];
const medium: readonly number[] = [300, 700, 2000];
const usual: readonly number[] = [1000, 10_000];
const long: readonly number[] = [30_000, 70_000];
const index = fc.nat({ max: 7 });
/** Longer than the key of a fencing token lives by itself, and much longer. */
const longWaits = [61_000, 61_000, 61_000, 3_600_000];

type Kind = fc.WeightedArbitrary<Action>;

/**
 * @returns schedules for so many nodes, of about 40 actions each. Each has some kinds of faults and not the others:
 *   what one fault would hide is found as well (swarm testing: Groce and others, ISSTA 2012).
 */
export function schedules(nodes: NodeCount, losses: Losses): fc.Arbitrary<Schedule> {
  const ttlSets = fc.constantFrom(short, medium, medium, medium, usual, usual, usual, long);
  return ttlSets.chain((ttls) => {
    const when = fc.constantFrom(
      ...sooner,
      ...sooner,
      ...later,
      longestOf(ttls) / 3,
      ...(isLong(ttls) ? longWaits : []),
    );
    return fc.subarray(faults(nodes, losses, ttls, when)).chain((chosen) =>
      fc.record({
        config: configs(nodes, ttls),
        actions: fc.array(fc.oneof(...uses(ttls, when, losses), ...chosen), {
          minLength: 1,
          maxLength: 104,
          size: 'max',
        }),
      }),
    );
  });
}

const longestOf = (ttls: readonly number[]): number => Math.max(...ttls);
const isLong = (ttls: readonly number[]): boolean => longestOf(ttls) > 20_000;

function configs(nodes: NodeCount, ttls: readonly number[]): fc.Arbitrary<WorldConfig> {
  return fc.record({
    seed: fc.nat(),
    processes: fc.array(
      fc.record({
        ttlMs: fc.constantFrom(...ttls),
        autoExtend: fc.constantFrom(false, false, true),
        fencing: fc.constantFrom(true, true, false),
        clockError,
        wallClockOffsetMs: fc.constantFrom(0, 0, -700, 900, -3_600_000, 86_400_000),
      }),
      { minLength: 2, maxLength: 3 },
    ),
    nodeTimeoutMs: fc.constantFrom(50, 200, 500),
    isPatient: fc.constantFrom(false, false, true),
    subscribers: fc.constantFrom<SubscribersPlace[]>('here', 'here', 'sharded', 'elsewhere'),
    servers: fc.array(fc.record({ clockError, clockOffsetMs: fc.constantFrom(0, 0, -400, 800), conditionalDelete }), {
      minLength: nodes,
      maxLength: nodes,
    }),
    longestTtlMs: fc.constant(Math.max(...ttls)),
  });
}

const kind = <A extends Action['do']>(
  weight: number,
  verb: A,
  fields: {
    [Name in keyof Extract<Action, { do: A }> as Name extends 'do' ? never : Name]: fc.Arbitrary<
      Extract<Action, { do: A }>[Name]
    >;
  },
): Kind => ({ weight, arbitrary: fc.record({ do: fc.constant(verb), ...fields }) as unknown as fc.Arbitrary<Action> });

const anyProcess = fc.nat({ max: 2 });

/** What users of the lock do. */
function uses(ttls: readonly number[], afterMs: fc.Arbitrary<number>, losses: Losses): Kind[] {
  const ttlMs = fc.constantFrom(...ttls);
  const key = fc.constantFrom(0, 0, 0, 1);
  const process = anyProcess;
  const waitMs = fc.constantFrom(0, 50, 1000, 5000, isLong(ttls) ? 90_000 : 20_000);
  const holdMs = fc.constantFrom(undefined, undefined, 0, 1, 20);
  // A token ahead of the clock is forgotten with the data: tokens are then as low as the clock again.
  const ahead = losses === 'none' ? 'ahead' : 'last';
  const minToken = fc.constantFrom(...Array.from({ length: 10 }, () => undefined), 'last', ahead);
  return [
    kind(12, 'acquire', { afterMs, process, key, waitMs, ttlMs, holdMs, minToken }),
    kind(1, 'burst', { afterMs, process, key, count: fc.constantFrom(2, 5, 20), abort: fc.boolean() }),
    kind(1, 'abort', { afterMs, call: index }),
    kind(5, 'extend', { afterMs, lease: index, ttlMs }),
    kind(6, 'release', { afterMs, lease: index }),
    kind(1, 'close', { afterMs, process }),
    kind(2, 'wait', { afterMs }),
  ];
}

/** What may happen to processes, connections and servers. */
function faults(nodes: NodeCount, losses: Losses, ttls: readonly number[], afterMs: fc.Arbitrary<number>): Kind[] {
  const process = anyProcess;
  const node = fc.nat({ max: nodes - 1 });
  const forMs = fc.constantFrom(1, 5, 30, 100, 400, 1500);
  const lateMs = fc.constantFrom(0, 1, 60, 700, 3000);
  const byMs = fc.constantFrom(2, 20, 150, 900);
  const oldReturns = fc.boolean();
  const nothing = fc.constant(0);
  const lostStates = fc.constantFrom(1, 3, Number.POSITIVE_INFINITY);
  const kinds = [
    kind(1, 'pause', { afterMs, process, forMs, first: fc.constantFrom('timers' as const, 'messages' as const) }),
    kind(1, 'kill', { afterMs, process, unnoticed: fc.boolean() }),
    kind(2, 'cut', {
      afterMs,
      process,
      node,
      what: fc.constantFrom('commands', 'subscription', 'both'),
      arriving: fc.nat({ max: 3 }),
      lateMs,
    }),
    kind(2, 'delay', {
      afterMs,
      process,
      node,
      what: fc.constantFrom('commands', 'subscription', 'both'),
      byMs,
      forMs: fc.constantFrom(100, 400, 1500, 5000),
    }),
    kind(2, 'part', {
      afterMs,
      process,
      node,
      count: fc.integer({ min: 1, max: nodes }),
      forMs: fc.constantFrom(30, 100, 400, 1500, 5000),
    }),
    kind(2, 'freeze', { afterMs, node, forMs }),
    kind(1, 'restart', { afterMs, node, forMs, lostStates: nothing }),
    kind(1, 'failover', { afterMs, node, missedStates: nothing, oldReturns }),
    kind(1, 'jump', { afterMs, process, byMs: fc.constantFrom(-90_000, -500, 500, 90_000) }),
  ];
  if (losses === 'minority') {
    const minority = fc.nat({ max: (nodes - 1) / 2 - 1 });
    const pastTtls = fc.constant(Math.ceil(longestOf(ttls) * 1.02) + 20);
    kinds.push(kind(1, 'restart', { afterMs, node: minority, forMs: pastTtls, lostStates }));
  }
  if (losses === 'any') {
    kinds.push(
      kind(2, 'restart', { afterMs, node, forMs, lostStates }),
      kind(2, 'failover', { afterMs, node, missedStates: fc.constantFrom(1, 3), oldReturns }),
      kind(1, 'jump-server', { afterMs, node, byMs: fc.constantFrom(-5000, -300, 300, 20_000) }),
    );
  }
  return kinds;
}

/** @returns what the schedule of this seed is drawn from: every second one has servers that lose data. */
export function arbitraryFor(nodes: NodeCount, seed: number): fc.Arbitrary<Schedule> {
  if (seed % 2 === 0) return schedules(nodes, 'none');
  return schedules(nodes, nodes === 1 ? 'any' : 'minority');
}

/** @returns the seeds of the first `count` schedules of a run. */
export function seedsOf(run: number, count: number): number[] {
  const random = randomStream(run);
  return Array.from({ length: count }, () => random.int(2 ** 31));
}
