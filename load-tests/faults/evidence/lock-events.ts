import type { SentRequest } from '../context/requests.ts';
import type { LockObservation } from './lock-watch.ts';
import type { EventLog } from './timeline.ts';

/** What the locks of a cell are told from. Moments are of this process's monotonic clock. */
export interface ObservedLocks {
  readonly observations: readonly LockObservation[];
  readonly requests: readonly Pick<SentRequest, 'who' | 'at' | 'userId' | 'amount' | 'invokedAtMs' | 'operation'>[];
  /** When each of those that charged, refunded or wrote did so first, by who it is. */
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
 * Tells of each grant that was seen, whose it was and how it ended.
 *
 * A lock's value names the client that holds it, but no request: a grant is that of the request at this client's instance
 * if it is known, else of the first that was sent for this key and has not got in yet.
 */
export function recordLockEvents(seen: ObservedLocks, record: EventLog['record']): void {
  const { observations, startedAtMs, endedAtMs } = seen;
  const grants = new Map<string, Grant>();
  const endedMs = new Map<string, number>();
  const whoseIs = createAttribution(seen);
  const end = (place: string, node: string, how: 'expired' | 'deleted' | 'lost', atMs: number) => {
    const grant = grants.get(place);
    if (!grant) return;
    grants.delete(place);
    endedMs.set(place, Math.min(grant.untilMs, atMs));
    const isOver = grant.untilMs <= atMs;
    const words = { expired: 'is over', deleted: 'is deleted', lost: 'is lost' };
    const ended = isOver ? 'expired' : how;
    record(
      `the lock of ${grant.who} on ${node} ${words[ended]}`,
      { kind: 'ended', who: grant.who, node, how: ended },
      Math.min(grant.untilMs, atMs),
    );
  };

  for (const { atMs, node, key, saw, value, sinceMs = atMs, untilMs = atMs } of [...observations].sort(
    (a, b) => a.atMs - b.atMs,
  )) {
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
      current.untilMs = untilMs; // Redis tells of the key and of its TTL, one after the other; or it was renewed
      continue;
    }
    end(place, node, 'expired', atMs);
    // Noticed late, it may seem to be earlier than what was noticed at once: on one node there is never more than one.
    const fromMs = Math.max(Math.min(sinceMs, atMs), endedMs.get(place) ?? startedAtMs);
    const { who, at } = whoseIs(key, value, node, fromMs);
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

function createAttribution({ requests, firstEvents }: ObservedLocks) {
  const instanceOf = new Map<string, string>(); // by client
  const granted = new Set<string>();
  return (key: string, value: string | undefined, node: string, atMs: number) => {
    const client = /^([^:]+):\d+:\d+$/.exec(value ?? '')?.[1];
    const instance = client === undefined ? undefined : instanceOf.get(client);
    const pending = requests.filter(
      ({ userId, amount, invokedAtMs, operation }) =>
        key === `PAYMENT_${userId}_${amount}` && invokedAtMs <= atMs && (operation?.returnedAtMs ?? atMs) >= atMs,
    );
    const own = pending.filter(({ at }) => instance === undefined || at.name === instance);
    // Who has done something before the grant got in without it, or needs none.
    const isOut = ({ who }: (typeof requests)[number]) =>
      !granted.has(`${node} ${who}`) && (firstEvents.get(who) ?? atMs) >= atMs;
    const request = own.find(isOut) ?? own.at(-1) ?? pending.at(-1);
    if (!request) return { who: 'somebody', at: '' };
    const { who, at } = request;
    granted.add(`${node} ${who}`);
    if (client !== undefined) instanceOf.set(client, at.name);
    return { who, at: at.name };
  };
}
