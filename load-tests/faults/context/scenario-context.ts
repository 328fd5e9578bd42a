import { type LockModeName, lockModeTraits } from '../../../app/lock-modes/registry.ts';
import type { TcpProxy } from '../../../app/testing/proxy.ts';
import { resetUsers } from '../../client/lab-client.ts';
import type { Stack } from '../../stack/index.ts';
import type { RedisServer } from '../../stack/servers/redis.ts';
import type { Instance } from '../../stack/service/instances.ts';
import { recordDatabaseEvents } from '../evidence/database-events.ts';
import type { LoadResult } from '../evidence/load-result.ts';
import { recordLockEvents } from '../evidence/lock-events.ts';
import { watchLocks } from '../evidence/lock-watch.ts';
import { createEventLog, type TimelineEvent } from '../evidence/timeline.ts';
import type { Expectation } from '../expected.ts';
import type { Fault } from './faults.ts';
import { type RequestOptions, type SentRequest, send } from './requests.ts';
import { untilInUse, untilItServes } from './until-ready.ts';

/** Proxies between `app-1` and its servers. The other instances connect directly, except to Redis. */
export interface Proxies {
  readonly mysql: TcpProxy;
  readonly redis: TcpProxy;
  readonly redlock: readonly TcpProxy[];
  /** Between the other instances and Redis: a failover must redirect all clients to the new primary. */
  readonly othersRedis: TcpProxy;
  /** Between every instance and MySQL, in a scenario whose database is `movable`. */
  readonly everyMysql: TcpProxy;
}

/** What a scenario works with. */
export interface ScenarioContext {
  readonly mode: LockModeName;
  readonly expected: Expectation;
  /** Sent with every request: the mode, if the instances run in another. */
  readonly headers: Readonly<Record<string, string>>;
  readonly stack: Stack;
  readonly proxies: Proxies;
  /** `app-1`, the target of the fault; `app-2`, its rival; `app-3`. */
  readonly instances: readonly [faulty: Instance, rival: Instance, third: Instance];
  /** Fresh unpaid users. */
  readonly users: readonly number[];
  /** The first of them. */
  readonly userId: number;
  readonly seed: number;
  readonly soakSeconds: number;
  /** TTL of the locks, unless the scenario sets another. */
  readonly leaseMs: number;
  /** A request still waiting after this is blocked by something other than an expired lease. */
  readonly pastLeaseMs: number;
  /** A request without an answer after this is blocked: an unblocked one takes some tens of milliseconds. */
  readonly blockedAfterMs: number;
  readonly requests: readonly SentRequest[];
  send(request: RequestOptions): SentRequest;
  /** Adds the locks on another Redis to the timeline. */
  watchLocksOn(server: RedisServer): void;
  /** Injects a fault. @returns a function that heals it once; the end of the cell calls it in any case. */
  inject(fault: Fault): Promise<() => Promise<void>>;
  /** Adds a remark to the timeline. */
  remark(what: string): void;
  /** Adds a measurement to the cell. */
  note(name: string, value: unknown): void;
  addLoad(load: LoadResult): void;
}

/** A context together with its records. */
export interface OpenScenarioContext extends ScenarioContext {
  readonly loads: readonly LoadResult[];
  /** The start of the timeline, by this process's monotonic clock. */
  readonly startedAtMs: number;
  readonly timeline: readonly TimelineEvent[];
  readonly notes: Readonly<Record<string, unknown>>;
  /** Heals the remaining faults, the last first, and waits until every request has ended. */
  end(): Promise<void>;
}

type Given = Pick<ScenarioContext, 'mode' | 'expected' | 'headers' | 'stack' | 'proxies' | 'seed' | 'soakSeconds'>;
export interface ScenarioContextOptions extends Given {
  /** Factor on the leases and the waits: 1 on an idle machine. */
  readonly slowdown: number;
  /** Unique prefix of the cell's request ids. */
  readonly name: string;
  /** Number of users to create. */
  readonly users?: number | undefined;
}

/** TTL of the locks on an idle machine. Short, for fast cells. */
export const leaseMs = 1000;
const usersPerCell = 24;
/** Scenarios send single requests for the first users only. */
const watchedUsers = 2;
/** Only a hang takes that long: all servers are up. */
const startsToListenWithinMs = 30_000;
/** After a repair; others may still be away. */
const listensWithinMs = 1000;

/** Opens a context with fresh users and connections. The caller ends it. */
export async function openScenarioContext(options: ScenarioContextOptions): Promise<OpenScenarioContext> {
  const { slowdown, name, users: count = usersPerCell, ...given } = options;
  const { mode, headers, stack, proxies } = given;
  const [faulty, rival, third] = stack.instances;
  if (!faulty || !rival || !third) throw new Error('the scenarios need three instances');
  // Warm-up requests may fail on an instance that is still recovering, and write later.
  const [warmUp = { id: 0 }] = await resetUsers(rival.url, 1);
  await untilInUse([proxies.redis, ...proxies.redlock]);
  for (const { url } of stack.instances) await untilItServes(url, warmUp.id, headers);
  // Without the user of the warm-up: the audit counts all users.
  const users = (await resetUsers(rival.url, count)).map(({ id }) => id);
  const [userId = 0] = users;
  proxies.mysql.cut(); // breakpoints match SQL text, which a connection does not send again for a prepared statement
  const watch = watchLocks(users.slice(0, watchedUsers));
  for (const server of lockServers(mode, stack)) watch.add(server);
  await watch.untilListening(startsToListenWithinMs);
  const startedAtMs = performance.now();
  const eventLog = createEventLog(startedAtMs);
  const requests: SentRequest[] = [];
  const loads: LoadResult[] = [];
  const notes: Record<string, unknown> = {};
  const healing: (() => Promise<void>)[] = [];
  let isOver = false;

  return {
    ...given,
    instances: [faulty, rival, third],
    users,
    userId,
    leaseMs: leaseMs * slowdown,
    pastLeaseMs: (leaseMs + 1000) * slowdown,
    blockedAfterMs: 500 * slowdown,
    requests,
    loads,
    startedAtMs,
    get timeline() {
      return eventLog.events;
    },
    notes,
    remark: (what) => eventLog.record(what, { kind: 'remark' }),
    watchLocksOn: (server) => watch.add(server),
    note(what, value) {
      notes[what] = value;
    },
    addLoad: (load) => loads.push(load),
    send(options) {
      const requestId = `${name}-${requests.length + 1}-${options.who}`;
      const request = send({ ...options, requestId, headers, controlUrl: rival.url, record: eventLog.record });
      requests.push(request);
      return request;
    },
    async inject({ what, targets: hits, triggered, ...injected }) {
      const fault = healing.length + 1;
      const recordFault = (atMs?: number) =>
        eventLog.record(what, hits.length === 0 ? { kind: 'remark' } : { kind: 'fault', fault, hits }, atMs);
      let healed: Promise<void> | undefined;
      const healOnce = async () => {
        await injected.heal();
        if (isOver) return;
        if (hits.length > 0) eventLog.record(`the fault is over: “${what}”`, { kind: 'healed', fault, hits });
        await watch.untilListening(listensWithinMs); // the watch must observe a restarted server from the start
      };
      const heal = () => {
        healed ??= healOnce();
        return healed;
      };
      healing.push(heal); // even if the injection fails halfway
      if (triggered) void triggered.then(() => recordFault());
      const injectedAtMs = performance.now();
      await injected.inject();
      if (!triggered) recordFault(injectedAtMs);
      return heal;
    },
    async end() {
      isOver = true;
      const failures: unknown[] = [];
      for (const heal of healing.reverse()) await heal().catch((error) => failures.push(error));
      await Promise.all(requests.map((request) => request.resume().catch(() => {})));
      await Promise.all(requests.map(({ ended }) => ended));
      await watch[Symbol.asyncDispose]();
      if (failures.length > 0) throw failures[0];
      if (loads.length > 0) return; // too many events; the load's calls are recorded instead
      const firstEvents = await recordDatabaseEvents(stack.mysql.url, requests, eventLog.record);
      const endedAtMs = performance.now();
      recordLockEvents(
        { observations: watch.observations, requests, firstEvents, startedAtMs, endedAtMs },
        eventLog.record,
      );
    },
  };
}

/** @returns the servers that a mode keeps its locks on, or the proxies to them: none, one or five. */
export function lockServers<T>(
  mode: LockModeName,
  { redis, redlock }: { readonly redis: T; readonly redlock: readonly T[] },
): readonly T[] {
  return { nothing: [], redis: [redis], redlock }[lockModeTraits[mode].locksOn];
}
