import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Audit } from '../../../lab/audit-schema.ts';
import type { LabStatus } from '../../../lab/instances/registry.ts';
import type { User } from '../../../payments/users.ts';
import { countAnswers, type Fetched } from '../api/http.ts';
import { fetchAudit, fetchStatus, fetchUsers } from '../api/lab.ts';
import { sleep } from '../sleep.ts';
import { errorOf, type LabError } from '../state/errors.ts';
import { createLockWatch, type LockWatch } from './lock-watch.ts';
import { createOwnUsers, type OwnUsers } from './users/own-users.ts';

/** What is polled. */
type Polled = 'status' | 'users' | 'audit';

/** The lab's state, polled. What could not be read again stays as it was. */
export interface LabState {
  /** Whether the instances have the lab on: without it there are users, and nothing to try. */
  readonly lab: ReadonlySignal<'unknown' | 'on' | 'off'>;
  readonly status: ReadonlySignal<LabStatus | undefined>;
  /** Those of this tab; before it has any, the first ones of the lab. */
  readonly users: ReadonlySignal<readonly User[] | undefined>;
  readonly own: OwnUsers;
  readonly audit: ReadonlySignal<Audit | undefined>;
  readonly locks: LockWatch['locks'];
  /** Why the last question was not answered; undefined when it was. */
  readonly error: ReadonlySignal<LabError | undefined>;
  /** When that which could not be read the last time was read: milliseconds since the epoch. */
  readonly stale: ReadonlySignal<Readonly<Partial<Record<Polled, number>>>>;
  watchLocksOf: LockWatch['watch'];
  /** Asks for users and audit at once, such as after a run. */
  refresh(): Promise<void>;
  /**
   * Pauses polling until {@link LabState.resume}, or polls only the locks, and waits for pending requests: a browser opens
   * six connections to a host, and a run must not wait for one.
   */
  reserveConnections(asking: 'nothing' | 'locks'): Promise<void>;
  resume(): void;
  /** Polls something else too, except while polling is paused or the tab is hidden. */
  watch(everyMs: number, look: () => Promise<void>): void;
  /** Resolves once it is known whether the lab is on. */
  readonly known: Promise<void>;
}

const statusEveryMs = 2000;
const usersEveryMs = 5000;
const locksEveryMs = 2000;
/** For users in a run. */
const followEveryMs = 400;
/** How long a run may have to wait for answers to what was asked before it. */
const reserveMs = 1000;

export function watchLab(): LabState {
  const lab = signal<'unknown' | 'on' | 'off'>('unknown');
  const status = signal<LabStatus | undefined>();
  const users = signal<readonly User[] | undefined>();
  const own = createOwnUsers();
  const audit = signal<Audit | undefined>();
  const lockWatch = createLockWatch(() => users.value?.map(({ id }) => id) ?? []);
  const failures = signal<Partial<Record<Polled, LabError>>>({});
  const error = computed(() => failures.value.status ?? failures.value.users ?? failures.value.audit);
  const readAt: Partial<Record<Polled, number>> = {};
  const stale = computed(() => {
    const failed = Object.keys(failures.value) as Polled[];
    return Object.fromEntries(failed.flatMap((what) => (readAt[what] ? [[what, readAt[what]]] : [])));
  });
  let asked: 'everything' | 'nothing' | 'locks' = 'everything';
  const underWay = new Set<Promise<void>>();
  let nowKnown = () => {};
  const known = new Promise<void>((resolve) => {
    nowKnown = resolve;
  });

  /** @returns what was answered; undefined when nothing of use was, which is then the error. */
  function taken<T>(what: Polled, answersBefore: number, fetched: Fetched<T>): T | undefined {
    const { [what]: _, ...others } = failures.value;
    const failure = errorOf(fetched);
    if (failure) {
      // Meanwhile, an instance has answered another request.
      const isPartly = fetched.outcome === 'unreachable' && countAnswers() > answersBefore;
      failures.value = { ...others, [what]: isPartly ? { problem: 'partly-unreachable' } : failure };
    } else {
      readAt[what] = Date.now();
      if (what in failures.value) failures.value = others;
    }
    return fetched.outcome === 'ok' ? fetched.body : undefined;
  }

  async function checkStatus(): Promise<void> {
    if (lab.value === 'off') return; // that takes other instances, and then this page anew
    const answersBefore = countAnswers();
    const fetched = await fetchStatus();
    if (fetched.outcome === 'problem' && fetched.httpStatus === 404) {
      lab.value = 'off';
      failures.value = {};
    } else {
      const found = taken('status', answersBefore, fetched);
      if (!found) return;
      status.value = found;
      lab.value = 'on';
    }
    nowKnown();
  }

  let refreshes = 0;
  let newest = 0;
  async function refresh(): Promise<void> {
    refreshes += 1;
    const number = refreshes;
    const answersBefore = countAnswers();
    const hasOwn = own.ids.value.length > 0;
    const [found, judged] = await Promise.all([
      hasOwn ? own.read() : fetchUsers(),
      lab.value === 'on' ? fetchAudit() : undefined,
    ]);
    if (number < newest) return; // a frozen instance has held it up: a later one was faster
    newest = number;
    users.value = taken('users', answersBefore, found)?.users ?? users.value;
    if (judged) audit.value = taken('audit', answersBefore, judged) ?? audit.value;
  }

  function every(ms: number, look: () => Promise<void>, about: 'locks' | 'others' = 'others'): void {
    const again = async () => {
      if ((asked === 'everything' || asked === about) && !document.hidden) {
        const looking = look();
        underWay.add(looking);
        await looking;
        underWay.delete(looking);
      }
      setTimeout(again, ms);
    };
    void again();
  }
  every(statusEveryMs, checkStatus);
  void known.then(() => every(usersEveryMs, refresh));
  void known.then(() => every(locksEveryMs, lockWatch.look));
  void known.then(() => every(followEveryMs, lockWatch.follow, 'locks'));

  return {
    lab,
    status,
    users,
    own,
    audit,
    locks: lockWatch.locks,
    error,
    stale,
    known,
    refresh,
    watch: every,
    watchLocksOf: lockWatch.watch,
    async reserveConnections(asking) {
      asked = asking;
      if (asking === 'nothing') lockWatch.forget();
      await Promise.race([Promise.all(underWay), sleep(reserveMs)]);
    },
    resume() {
      asked = 'everything';
    },
  };
}
