import type { SentRequest } from '../context/requests.ts';
import { unknownRequest } from './database-events.ts';
import type { LockObservation } from './lock-watch.ts';
import type { EventLog } from './timeline.ts';

/** The evidence for lock events. Times are of this process's monotonic clock. */
export interface ObservedLocks {
  readonly observations: readonly LockObservation[];
  readonly requests: readonly Pick<SentRequest, 'who' | 'at' | 'userId' | 'amount' | 'invokedAtMs' | 'operation'>[];
  /** Each request's first charge, refund or write, by name. */
  readonly firstEvents: ReadonlyMap<string, number>;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

interface Grant {
  readonly who: string;
  readonly key: string;
  readonly value: string | undefined;
  untilMs: number;
}

/**
 * Records each observed grant, its holder and its end.
 *
 * A lock's value names the client but not the request. So a grant is attributed to the pending request on that client's
 * instance, if known, otherwise to the first request sent for the key that has not been granted it. The server's clock is
 * known with an error of milliseconds on a busy machine: a grant may seem to precede its request, or to follow its answer.
 */
export function recordLockEvents(seen: ObservedLocks, record: EventLog['record']): void {
  const { observations, startedAtMs, endedAtMs } = seen;
  const grants = new Map<string, Grant>();
  const endedMs = new Map<string, number>();
  const attribute = createAttribution(seen);
  const end = (place: string, node: string, how: 'expired' | 'deleted' | 'lost', atMs: number) => {
    const grant = grants.get(place);
    if (!grant) return;
    grants.delete(place);
    endedMs.set(place, Math.min(grant.untilMs, atMs));
    const verbs = { expired: 'expires', deleted: 'is deleted', lost: 'is lost' };
    const ended = grant.untilMs <= atMs ? 'expired' : how;
    record(
      `the lock of ${grant.who} on ${node} ${verbs[ended]}`,
      { kind: 'ended', who: grant.who, node, how: ended },
      Math.min(grant.untilMs, atMs),
    );
  };

  for (const { atMs, node, key, saw, value, sinceMs = atMs, untilMs = atMs } of inOrder(observations)) {
    if (saw === 'lost') {
      for (const place of [...grants.keys()]) if (place.startsWith(`${node} `)) end(place, node, 'lost', atMs);
      continue;
    }
    if (key === undefined) continue;
    const place = `${node} ${key}`;
    if (saw !== 'taken') {
      end(place, node, saw, atMs);
      continue;
    }
    const current = grants.get(place);
    if (current && current.value === value && current.untilMs > atMs) {
      current.untilMs = untilMs; // Redis notifies separately of the key and its TTL; or the lock was renewed
      continue;
    }
    end(place, node, 'expired', atMs);
    // Redis rounds to milliseconds, so a grant may seem to precede the previous one's end; a node grants one at a time.
    const seenFromMs = Math.max(Math.min(sinceMs, atMs), endedMs.get(place) ?? startedAtMs);
    const { who, at, fromMs } = attribute(key, value, node, seenFromMs);
    grants.set(place, { who, key, value, untilMs });
    record(
      `${who} is granted the lock on ${node} for ${Math.round(untilMs - fromMs)} ms`,
      { kind: 'granted', who, at, node, untilMs: Math.round((untilMs - startedAtMs) * 10) / 10 },
      fromMs,
    );
  }
  for (const [place, { untilMs }] of [...grants]) {
    if (untilMs <= endedAtMs) end(place, place.slice(0, place.indexOf(' ')), 'expired', endedAtMs);
  }
}

/**
 * The observations in order of time. Notifications arrive late on a busy machine, and only a grant's own time is known
 * precisely. So the end of a lock is dated no later than the next grant of its key on that node.
 */
function inOrder(observations: readonly LockObservation[]): LockObservation[] {
  const nextGrantMs = new Map<string, number>();
  return observations
    .toSorted((a, b) => a.atMs - b.atMs)
    .reverse()
    .map((observation) => {
      const { atMs, node, key, saw, sinceMs = atMs } = observation;
      if (saw === 'lost') return observation;
      const place = `${node} ${key}`;
      if (saw !== 'taken') return { ...observation, atMs: Math.min(atMs, nextGrantMs.get(place) ?? atMs) };
      nextGrantMs.set(place, Math.min(sinceMs, atMs));
      return observation;
    })
    .reverse();
}

function createAttribution({ requests, firstEvents }: ObservedLocks) {
  const instanceOf = new Map<string, string>(); // by client
  const granted = new Set<string>();
  return (key: string, value: string | undefined, node: string, atMs: number) => {
    const client = /^([^:]+):\d+:\d+$/.exec(value ?? '')?.[1];
    const instance = client === undefined ? undefined : instanceOf.get(client);
    const sent = requests.filter(({ userId, amount }) => key === `PAYMENT_${userId}_${amount}`);
    const pending = sent.filter(
      ({ invokedAtMs, operation }) => invokedAtMs <= atMs && (operation?.returnedAtMs ?? atMs) >= atMs,
    );
    const own = pending.filter(({ at }) => instance === undefined || at.name === instance);
    // A request with an earlier event did not need this grant.
    const isWaiting = ({ who }: (typeof requests)[number]) =>
      !granted.has(`${node} ${who}`) && (firstEvents.get(who) ?? atMs) >= atMs;
    const request = own.find(isWaiting) ?? own.at(-1) ?? pending.at(-1) ?? sent.find(isWaiting);
    if (!request) return { who: unknownRequest, at: '', fromMs: atMs };
    const { who, at, invokedAtMs } = request;
    granted.add(`${node} ${who}`);
    if (client !== undefined) instanceOf.set(client, at.name);
    return { who, at: at.name, fromMs: Math.max(atMs, invokedAtMs) };
  };
}
