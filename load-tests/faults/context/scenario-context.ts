import type { LockModeName } from '../../../app/lock-modes/index.ts';
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
import type { Fault } from './faults.ts';
import { lockServers } from './lock-servers.ts';
import { type RequestOptions, type SentRequest, send } from './requests.ts';
import { untilInUse, untilItServes } from './until-ready.ts';

/** The proxies between `app-1` and the servers that it uses; the other instances go straight, but for Redis. */
export interface Proxies {
  readonly mysql: TcpProxy;
  readonly redis: TcpProxy;
  readonly redlock: readonly TcpProxy[];
  /** Between the other instances and Redis: the clients have to be led to a new primary, all of them. */
  readonly othersRedis: TcpProxy;
}

/** How long Redis keeps a lock in every scenario that does not say otherwise. */
export const leaseMs = 1000;
/** How long it takes until one who waits for a lock whose lease runs out is in, or else is kept out by something else. */
export const pastLeaseMs = leaseMs + 1000;
/** How long to look whether somebody is kept out: whom nothing keeps out is through within some tens of milliseconds. */
export const blockedAfterMs = 500;

/** Where one cell is played. */
export interface ScenarioContext {
  readonly mode: LockModeName;
  /** Sent with every request: the mode, where the instances are in another one. */
  readonly headers: Readonly<Record<string, string>>;
  readonly stack: Stack;
  /** Between `app-1` and its servers. */
  readonly proxies: Proxies;
  /** `app-1`, whom the fault hits; `app-2`, its rival's; `app-3`. */
  readonly instances: readonly [faulty: Instance, rival: Instance, third: Instance];
  /** Free, and nobody has used them. */
  readonly users: readonly number[];
  /** The first of them. */
  readonly userId: number;
  readonly seed: number;
  /** How long a soak lasts. */
  readonly soakSeconds: number;
  /** What was sent by now. */
  readonly requests: readonly SentRequest[];
  send(request: RequestOptions): SentRequest;
  /** Has the timeline tell of the locks on one more Redis. */
  watchLocksOn(server: RedisServer): void;
  /** Injects a fault. @returns what heals it; that is done when the cell ends in any case, and once. */
  inject(fault: Fault): Promise<() => Promise<void>>;
  /** Says what has happened, for the timeline. */
  tell(what: string): void;
  /** Keeps something that was measured beside the verdict. */
  note(name: string, value: unknown): void;
  /** What a load came to that was driven as part of the play. */
  loaded(load: LoadResult): void;
}

/** A context with what happened in it so far. */
export interface OpenScenarioContext extends ScenarioContext {
  readonly loads: readonly LoadResult[];
  /** A moment of this process's monotonic clock: the timeline counts from it. */
  readonly startedAtMs: number;
  readonly timeline: readonly TimelineEvent[];
  readonly notes: Readonly<Record<string, unknown>>;
  /** Heals what is not healed, the last fault first, and has every request come to its end. */
  end(): Promise<void>;
}

export interface ScenarioContextOptions {
  readonly mode: LockModeName;
  readonly headers: Readonly<Record<string, string>>;
  readonly stack: Stack;
  readonly proxies: Proxies;
  readonly seed: number;
  readonly soakSeconds: number;
  /** Sets this cell's request ids apart from every other's. */
  readonly name: string;
  /** How many users to make. */
  readonly users?: number | undefined;
}

const usersACell = 24;
/** The scenarios that send single requests send them for the first few users. */
const mostToldUsers = 2;
const listensWithinMs = 1000;

/** Opens a context with fresh users and fresh connections. The caller ends it. */
export async function openScenarioContext(options: ScenarioContextOptions): Promise<OpenScenarioContext> {
  const { mode, headers, stack, proxies, seed, soakSeconds, name, users: count = usersACell } = options;
  const [faulty, rival, third] = stack.instances;
  if (!faulty || !rival || !third) throw new Error('the scenarios need three instances');
  // One more, of whom nobody hears again: what a request comes to on an instance that is not quite back is no matter.
  const [warmUp = 0, ...users] = (await resetUsers(rival.url, count + 1)).map(({ id }) => id);
  const [userId = 0] = users;
  await untilInUse([proxies.redis, ...proxies.redlock]);
  for (const { url } of stack.instances) await untilItServes(url, warmUp, headers);
  proxies.mysql.cut(); // statements that a connection has prepared already cannot be told apart on it
  const watch = watchLocks(users.slice(0, mostToldUsers));
  for (const server of lockServers(mode, stack)) watch.add(server);
  await watch.untilListening(listensWithinMs);
  const startedAtMs = performance.now();
  const eventLog = createEventLog(startedAtMs);
  const requests: SentRequest[] = [];
  const loads: LoadResult[] = [];
  const notes: Record<string, unknown> = {};
  const healing: (() => Promise<void>)[] = [];
  let isOver = false;

  return {
    mode,
    headers,
    stack,
    proxies,
    instances: [faulty, rival, third],
    users,
    userId,
    seed,
    soakSeconds,
    requests,
    loads,
    startedAtMs,
    get timeline() {
      return eventLog.events;
    },
    notes,
    tell: (what) => eventLog.record(what, { kind: 'told' }),
    watchLocksOn: (server) => watch.add(server),
    note(what, value) {
      notes[what] = value;
    },
    loaded: (load) => loads.push(load),
    send(options) {
      const requestId = `${name}-${requests.length + 1}-${options.who}`;
      const request = send({ ...options, requestId, headers, controlUrl: rival.url, record: eventLog.record });
      requests.push(request);
      return request;
    },
    async inject({ what, hits, triggered, ...injected }) {
      const fault = healing.length + 1;
      const struck = (atMs?: number) =>
        eventLog.record(what, hits.length === 0 ? { kind: 'told' } : { kind: 'fault', fault, hits }, atMs);
      let healed: Promise<void> | undefined;
      const healOnce = async () => {
        await injected.heal();
        // What is put right when all is over is no part of the story.
        if (hits.length > 0 && !isOver) eventLog.record(`healed: ${what}`, { kind: 'healed', fault, hits });
        if (!isOver) await watch.untilListening(listensWithinMs); // else what happens on a server that has just come back is not seen
      };
      const heal = () => {
        healed ??= healOnce();
        return healed;
      };
      healing.push(heal); // also one whose injection fails half way
      if (triggered) void triggered.then(() => struck());
      const injectedAtMs = performance.now();
      await injected.inject();
      if (!triggered) struck(injectedAtMs);
      return heal;
    },
    async end() {
      isOver = true;
      const failures: unknown[] = [];
      for (const heal of healing.reverse()) await heal().catch((error) => failures.push(error));
      await Promise.all(requests.map((request) => request.letGo().catch(() => {})));
      await Promise.all(requests.map(({ ended }) => ended));
      await watch[Symbol.asyncDispose]();
      if (failures.length > 0) throw failures[0];
      if (loads.length > 0) return; // what a load did, its calls tell: here it would be a crowd
      const firstEvents = await recordDatabaseEvents(stack.mysql.url, requests, eventLog.record);
      const endedAtMs = performance.now();
      recordLockEvents(
        { observations: watch.observations, requests, firstEvents, startedAtMs, endedAtMs },
        eventLog.record,
      );
    },
  };
}
