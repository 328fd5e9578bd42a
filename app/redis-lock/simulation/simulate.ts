import { PromiseChecker, type Violation } from './promises/promises.ts';
import type { Schedule } from './schedule.ts';
import { settled } from './world/virtual-time.ts';
import { World } from './world/world.ts';

export interface Run {
  readonly violations: readonly Violation[];
  /** How often each action, fault and event has come up. */
  readonly reached: Readonly<Record<string, number>>;
}

/** Waiters must be served so long after the last fault. */
const servedMs = 2600;
/** How long a closed lock may take, and what it leaves may stay: queues live for 10 s, fencing tokens for a minute. */
const queueMs = 10_500;
const fenceMs = 61_000;

/** In one schedule: ten times as many as any needs. */
const mostEvents = 1_000_000;

/**
 * Runs one schedule, the lock as it is, and checks every promise after every event.
 *
 * @param ignoresLosses whether the promise of one holder is checked even where losses excuse it.
 */
export async function simulate(schedule: Schedule, ignoresLosses = false): Promise<Run> {
  const { nodeTimeoutMs, longestTtlMs } = schedule.config;
  const checker = new PromiseChecker(nodeTimeoutMs, ignoresLosses);
  const world = new World(schedule, checker);
  checker.world = world;
  const onRejection = (error: unknown): void => checker.onUncaught(error);
  process.on('unhandledRejection', onRejection);
  try {
    let events = 0;
    const check = (): boolean => {
      if (++events === mostEvents) checker.report('few requests', `more than ${mostEvents} events`);
      return checker.check();
    };
    const isBroken = (): boolean => checker.violations.length > 0;
    await world.time.pass(2, check); // connections open
    for (const action of schedule.actions) {
      await world.time.pass(action.afterMs, check);
      if (isBroken()) break;
      world.perform(action);
      await settled();
      check();
    }
    if (!isBroken()) {
      world.faults.heal();
      await world.time.pass(servedMs + 2 * nodeTimeoutMs, check);
      for (const member of world.members) world.close(member);
      await settled();
      await world.time.pass(longestTtlMs * 1.1 + queueMs + 8 * nodeTimeoutMs, check);
      await world.time.pass(fenceMs + 2 * 86_400_000, check);
      if (!isBroken()) checker.checkLeftovers();
    }
    await settled();
    return { violations: checker.violations, reached: world.reached };
  } finally {
    process.removeListener('unhandledRejection', onRejection);
  }
}
