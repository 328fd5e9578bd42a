import fc from 'fast-check';

/** One process, and how its lock is made. */
export interface ProcessConfig {
  readonly ttlMs: number;
  readonly autoExtend: boolean;
  /** Its monotonic clock's speed, in thousandths of a percent off. */
  readonly clockError: number;
  readonly wallClockOffsetMs: number;
}

export interface WorldConfig {
  /** Of everything that is not drawn: delays, the processes' own chance. */
  readonly seed: number;
  readonly processes: readonly ProcessConfig[];
  readonly nodeTimeoutMs: number;
  /** The servers' clocks. */
  readonly servers: readonly { readonly clockError: number; readonly clockOffsetMs: number }[];
  /** The longest TTL that comes up. */
  readonly longestTtlMs: number;
}

/** What happens, and how long after the action before it. Times are in milliseconds; `lease` and `call` count from the newest. */
export type Action = { readonly afterMs: number } & (
  | {
      readonly do: 'acquire';
      readonly process: number;
      readonly key: number;
      readonly waitMs: number;
      readonly ttlMs: number;
      readonly holdMs: number | undefined;
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
  | { readonly do: 'pause'; readonly process: number; readonly forMs: number }
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
      readonly what: 'commands' | 'subscription';
      readonly byMs: number;
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

const nodeCountLimit = { 1: 0, 3: 1, 5: 2 } as const;
export type NodeCount = keyof typeof nodeCountLimit;

/** In thousandths of a percent: two clocks differ by 0.9 % at the most, and `driftFactor` allows for 1 %. */
const clockError = fc.integer({ min: -450, max: 450 });
const sooner = [0, 0, 0, 1, 2, 5, 20, 100];
const later = [250, 600, 2000];
const index = fc.nat({ max: 7 });

/** @returns schedules for so many nodes, of about 40 actions each. */
export function schedules(nodes: NodeCount, losses: Losses, length = 92): fc.Arbitrary<Schedule> {
  return fc
    .constantFrom<readonly number[]>([30, 80, 300], [300, 700, 2000], [1000, 10_000], [10_000, 70_000])
    .chain((ttls) => {
      const longestTtlMs = Math.max(...ttls);
      return fc.record({
        config: configs(nodes, ttls),
        actions: fc.array(actions(nodes, losses, ttls, longestTtlMs), { minLength: 1, maxLength: length, size: 'max' }),
      });
    });
}

function configs(nodes: NodeCount, ttls: readonly number[]): fc.Arbitrary<WorldConfig> {
  return fc.record({
    seed: fc.nat(),
    processes: fc.array(
      fc.record({
        ttlMs: fc.constantFrom(...ttls),
        autoExtend: fc.boolean(),
        clockError,
        wallClockOffsetMs: fc.constantFrom(0, 0, -700, 900, -3_600_000, 86_400_000),
      }),
      { minLength: 2, maxLength: 3 },
    ),
    nodeTimeoutMs: fc.constantFrom(50, 200, 500),
    servers: fc.array(fc.record({ clockError, clockOffsetMs: fc.constantFrom(0, 0, -400, 800) }), {
      minLength: nodes,
      maxLength: nodes,
    }),
    longestTtlMs: fc.constant(Math.max(...ttls)),
  });
}

function actions(
  nodes: NodeCount,
  losses: Losses,
  ttls: readonly number[],
  longestTtlMs: number,
): fc.Arbitrary<Action> {
  const process = fc.nat({ max: 2 });
  const node = fc.nat({ max: nodes - 1 });
  const ttlMs = fc.constantFrom(...ttls);
  const key = fc.constantFrom(0, 0, 0, 1);
  // Time scales with the TTLs: 61 s is longer than a fencing token's key lives by itself.
  const afterMs = fc.constantFrom(
    ...sooner,
    ...sooner,
    ...later,
    longestTtlMs / 3,
    ...(longestTtlMs > 20_000 ? [61_000] : []),
  );
  const forMs = fc.constantFrom(1, 5, 30, 100, 400, 1500);
  const waitMs = fc.constantFrom(0, 50, 1000, 5000, ...(longestTtlMs > 20_000 ? [150_000] : [20_000]));
  const kinds: [number, fc.Arbitrary<Action>][] = [
    [
      12,
      fc.record({
        do: fc.constant('acquire'),
        afterMs,
        process,
        key,
        waitMs,
        ttlMs,
        holdMs: fc.constantFrom(undefined, undefined, 0, 1, 20),
      }),
    ],
    [
      1,
      fc.record({
        do: fc.constant('burst'),
        afterMs,
        process,
        key,
        count: fc.constantFrom(2, 5, 20),
        abort: fc.boolean(),
      }),
    ],
    [1, fc.record({ do: fc.constant('abort'), afterMs, call: index })],
    [5, fc.record({ do: fc.constant('extend'), afterMs, lease: index, ttlMs })],
    [6, fc.record({ do: fc.constant('release'), afterMs, lease: index })],
    [1, fc.record({ do: fc.constant('close'), afterMs, process })],
    [2, fc.record({ do: fc.constant('wait'), afterMs })],
    [1, fc.record({ do: fc.constant('pause'), afterMs, process, forMs })],
    [1, fc.record({ do: fc.constant('kill'), afterMs, process, unnoticed: fc.boolean() })],
    [
      2,
      fc.record({
        do: fc.constant('cut'),
        afterMs,
        process,
        node,
        what: fc.constantFrom('commands', 'subscription', 'both'),
        arriving: fc.nat({ max: 3 }),
        lateMs: fc.constantFrom(0, 1, 60, 700, 3000),
      }),
    ],
    [
      2,
      fc.record({
        do: fc.constant('delay'),
        afterMs,
        process,
        node,
        what: fc.constantFrom('commands', 'subscription'),
        byMs: fc.constantFrom(2, 20, 150, 900),
        forMs,
      }),
    ],
    [2, fc.record({ do: fc.constant('freeze'), afterMs, node, forMs })],
    [1, fc.record({ do: fc.constant('restart'), afterMs, node, forMs, lostStates: fc.constant(0) })],
    [
      1,
      fc.record({ do: fc.constant('failover'), afterMs, node, missedStates: fc.constant(0), oldReturns: fc.boolean() }),
    ],
    [1, fc.record({ do: fc.constant('jump'), afterMs, process, byMs: fc.constantFrom(-90_000, -500, 500, 90_000) })],
  ];
  const lostStates = fc.constantFrom(1, 3, Number.POSITIVE_INFINITY);
  if (losses === 'minority') {
    const late = fc.constant(Math.ceil(longestTtlMs * 1.02) + 20);
    const minority = fc.nat({ max: nodeCountLimit[nodes] - 1 });
    kinds.push([1, fc.record({ do: fc.constant('restart'), afterMs, node: minority, forMs: late, lostStates })]);
  }
  if (losses === 'any') {
    kinds.push(
      [2, fc.record({ do: fc.constant('restart'), afterMs, node, forMs, lostStates })],
      [
        2,
        fc.record({
          do: fc.constant('failover'),
          afterMs,
          node,
          missedStates: fc.constantFrom(1, 3),
          oldReturns: fc.boolean(),
        }),
      ],
      [
        1,
        fc.record({ do: fc.constant('jump-server'), afterMs, node, byMs: fc.constantFrom(-5000, -300, 300, 20_000) }),
      ],
    );
  }
  return fc.oneof(...kinds.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}
