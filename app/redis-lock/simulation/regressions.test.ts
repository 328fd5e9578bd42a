import { expect, test } from 'vitest';
import type { PromiseName } from './promises/promises.ts';
import type { Action, ProcessConfig, Schedule } from './schedule.ts';
import { simulate } from './simulate.ts';

const process = (ttlMs: number): ProcessConfig => ({ ttlMs, autoExtend: false, clockError: 0, wallClockOffsetMs: 0 });

function schedule(
  nodes: number,
  ttlMs: number,
  actions: readonly Action[],
  { subscribers = 'here', seed = 0 }: Partial<Schedule['config']> = {},
): Schedule {
  const servers = Array.from({ length: nodes }, () => ({ clockError: 0, clockOffsetMs: 0 }));
  const processes = [process(ttlMs), process(ttlMs)];
  const longestTtlMs = Math.max(ttlMs, ...actions.map((action) => ('ttlMs' in action ? action.ttlMs : 0)));
  return { config: { seed, processes, nodeTimeoutMs: 50, servers, subscribers, longestTtlMs }, actions };
}

const acquire = (process: number, waitMs: number, ttlMs: number, afterMs = 0) =>
  ({ do: 'acquire', afterMs, process, key: 0, waitMs, ttlMs, holdMs: undefined }) as const;

/** A wall clock that no server follows: each mints a token of its own, and a majority has to agree on one. */
const dayAhead = { do: 'jump', afterMs: 0, process: 0, byMs: 86_400_000 } as const;

/** Schedules that once broke a promise: found by the simulation, as they were shrunk. */
test.each<{ readonly name: string; readonly broke: PromiseName; readonly schedule: Schedule }>([
  {
    name: 'a majority that has agreed on the token while the process was paused',
    broke: 'tokens grow',
    schedule: schedule(
      3,
      60,
      [
        dayAhead,
        acquire(0, 0, 60, 602),
        { do: 'pause', afterMs: 1, process: 0, forMs: 1500, first: 'timers' },
        acquire(1, 5000, 60),
        { do: 'wait', afterMs: 2000 },
      ],
      { seed: 14 },
    ),
  },
  {
    name: 'a notification relayed by the old master after a failover',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(1, 1000, [
      acquire(0, 0, 1000),
      acquire(1, 20_000, 1000),
      { do: 'failover', afterMs: 5, node: 0, missedStates: 0, oldReturns: true },
      acquire(0, 5000, 1000),
      { do: 'cut', afterMs: 0, process: 0, node: 0, what: 'commands', arriving: 0, lateMs: 0 },
      acquire(0, 0, 1000),
    ]),
  },
  {
    name: 'a notification that no node of a cluster counts',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(1, 300, [acquire(1, 0, 300), acquire(0, 1000, 300, 100)], { subscribers: 'elsewhere' }),
  },
  {
    name: 'a token from a clock that was read before a hold of 61 s',
    broke: 'tokens grow',
    schedule: schedule(3, 10_000, [
      { ...acquire(1, 0, 10_000), key: 1 },
      { do: 'extend', afterMs: 2000, lease: 0, ttlMs: 70_000 },
      { ...acquire(0, 150_000, 10_000), key: 1 },
      { do: 'wait', afterMs: 84_333 },
    ]),
  },
  {
    name: 'a token after a failover to a replica that is behind',
    broke: 'tokens grow',
    schedule: schedule(1, 30, [
      acquire(0, 0, 30),
      acquire(0, 0, 30, 100),
      { do: 'failover', afterMs: 5, node: 0, missedStates: 1, oldReturns: false },
      { do: 'close', afterMs: 0, process: 0 },
      acquire(0, 0, 30, 100),
    ]),
  },
  {
    name: 'an extension that is sent again after its lease was released',
    broke: 'valid only as long as the servers keep it',
    schedule: schedule(1, 10_000, [
      acquire(0, 0, 10_000),
      acquire(0, 1000, 10_000),
      { do: 'delay', afterMs: 1, process: 0, node: 0, what: 'commands', byMs: 900, forMs: 400 },
      { do: 'extend', afterMs: 0, lease: 0, ttlMs: 10_000 },
      acquire(0, 50, 10_000),
      { do: 'extend', afterMs: 100, lease: 0, ttlMs: 70_000 },
      { do: 'release', afterMs: 250, lease: 1 },
      { do: 'restart', afterMs: 0, node: 0, forMs: 1, lostStates: 0 },
    ]),
  },
  {
    name: 'an extension that runs out after a newer one was answered',
    broke: 'a lease lasts',
    schedule: schedule(
      1,
      1000,
      [
        acquire(0, 0, 1000),
        { do: 'freeze', afterMs: 700, node: 0, forMs: 190 },
        { do: 'extend', afterMs: 1, lease: 0, ttlMs: 1000 },
        { do: 'extend', afterMs: 195, lease: 0, ttlMs: 1000 },
        { do: 'wait', afterMs: 500 },
      ],
      { seed: 2 },
    ),
  },
  {
    name: 'a token from the wall clock of a process that is an hour behind',
    broke: 'tokens grow',
    schedule: schedule(3, 10_000, [
      acquire(0, 0, 10_000),
      { do: 'jump', afterMs: 0, process: 0, byMs: -90_000 },
      acquire(0, 0, 10_000, 61_000),
    ]),
  },
])('keeps its promises despite $name', async ({ schedule }) => {
  const { violations } = await simulate(schedule);
  expect(violations).toEqual([]);
});
