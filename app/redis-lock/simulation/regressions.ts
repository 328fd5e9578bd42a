import type { PromiseName } from './promises/promises.ts';
import type { Action, ProcessConfig, Schedule } from './schedule.ts';

/** A schedule that once broke a promise: found by the simulation, as it was shrunk. */
export interface Regression {
  readonly name: string;
  readonly broke: PromiseName;
  readonly schedule: Schedule;
}

const process = (ttlMs: number): ProcessConfig => ({ ttlMs, autoExtend: false, clockError: 0, wallClockOffsetMs: 0 });

function schedule(nodes: number, ttlMs: number, actions: readonly Action[], isElsewhere = false, seed = 0): Schedule {
  const servers = Array.from({ length: nodes }, () => ({ clockError: 0, clockOffsetMs: 0 }));
  const processes = [process(ttlMs), process(ttlMs)];
  const subscribers = isElsewhere ? 'elsewhere' : 'here';
  const longestTtlMs = Math.max(ttlMs, ...actions.map((action) => ('ttlMs' in action ? action.ttlMs : 0)));
  return { config: { seed, processes, nodeTimeoutMs: 50, servers, subscribers, longestTtlMs }, actions };
}

const hold = { holdMs: undefined } as const;

/** A wall clock that no server follows: each mints a token of its own, and a majority has to agree on one. */
const dayAhead = { do: 'jump', afterMs: 0, process: 0, byMs: 86_400_000 } as const;

export const regressions: readonly Regression[] = [
  {
    name: 'a majority that has agreed on the token while the process was paused',
    broke: 'tokens grow',
    schedule: schedule(
      3,
      60,
      [
        dayAhead,
        { do: 'acquire', afterMs: 602, process: 0, key: 0, waitMs: 0, ttlMs: 60, ...hold },
        { do: 'pause', afterMs: 1, process: 0, forMs: 1500 },
        { do: 'acquire', afterMs: 0, process: 1, key: 0, waitMs: 5000, ttlMs: 60, ...hold },
        { do: 'wait', afterMs: 2000 },
      ],
      false,
      14,
    ),
  },
  {
    name: 'a notification relayed by the old master after a failover',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(1, 1000, [
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 0, ttlMs: 1000, ...hold },
      { do: 'acquire', afterMs: 0, process: 1, key: 0, waitMs: 20_000, ttlMs: 1000, ...hold },
      { do: 'failover', afterMs: 5, node: 0, missedStates: 0, oldReturns: true },
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 5000, ttlMs: 1000, ...hold },
      { do: 'cut', afterMs: 0, process: 0, node: 0, what: 'commands', arriving: 0, lateMs: 0 },
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 0, ttlMs: 1000, ...hold },
    ]),
  },
  {
    name: 'a notification that no node of a cluster counts',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(
      1,
      300,
      [
        { do: 'acquire', afterMs: 0, process: 1, key: 0, waitMs: 0, ttlMs: 300, ...hold },
        { do: 'acquire', afterMs: 100, process: 0, key: 0, waitMs: 1000, ttlMs: 300, ...hold },
      ],
      true,
    ),
  },
  {
    name: 'a token from a clock that was read before a hold of 61 s',
    broke: 'tokens grow',
    schedule: schedule(3, 10_000, [
      { do: 'acquire', afterMs: 0, process: 1, key: 1, waitMs: 0, ttlMs: 10_000, ...hold },
      { do: 'extend', afterMs: 2000, lease: 0, ttlMs: 70_000 },
      { do: 'acquire', afterMs: 0, process: 0, key: 1, waitMs: 150_000, ttlMs: 10_000, ...hold },
      { do: 'wait', afterMs: 84_333 },
    ]),
  },
  {
    name: 'a token after a failover to a replica that is behind',
    broke: 'tokens grow',
    schedule: schedule(1, 30, [
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 0, ttlMs: 30, ...hold },
      { do: 'acquire', afterMs: 100, process: 0, key: 0, waitMs: 0, ttlMs: 30, ...hold },
      { do: 'failover', afterMs: 5, node: 0, missedStates: 1, oldReturns: false },
      { do: 'close', afterMs: 0, process: 0 },
      { do: 'acquire', afterMs: 100, process: 0, key: 0, waitMs: 0, ttlMs: 30, ...hold },
    ]),
  },
  {
    name: 'an extension that is sent again after its lease was released',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(1, 10_000, [
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 0, ttlMs: 10_000, ...hold },
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 1000, ttlMs: 10_000, ...hold },
      { do: 'delay', afterMs: 1, process: 0, node: 0, what: 'commands', byMs: 900, forMs: 400 },
      { do: 'extend', afterMs: 0, lease: 0, ttlMs: 10_000 },
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 50, ttlMs: 10_000, ...hold },
      { do: 'extend', afterMs: 100, lease: 0, ttlMs: 70_000 },
      { do: 'release', afterMs: 250, lease: 1 },
      { do: 'restart', afterMs: 0, node: 0, forMs: 1, lostStates: 0 },
    ]),
  },
  {
    name: 'a token from the wall clock of a process that is an hour behind',
    broke: 'tokens grow',
    schedule: schedule(3, 10_000, [
      { do: 'acquire', afterMs: 0, process: 0, key: 0, waitMs: 0, ttlMs: 10_000, ...hold },
      { do: 'jump', afterMs: 0, process: 0, byMs: -90_000 },
      { do: 'acquire', afterMs: 61_000, process: 0, key: 0, waitMs: 0, ttlMs: 10_000, ...hold },
    ]),
  },
];
