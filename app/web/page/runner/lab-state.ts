import { type ReadonlySignal, signal } from '@preact/signals';
import type { Audit } from '../../../lab/audit.ts';
import type { User } from '../../../payments/users.ts';
import type { Fetched } from '../api/http.ts';
import { createUsers, fetchAudit, fetchStatus, fetchUsers, type LabStatus } from '../api/lab.ts';
import { errorOf, type LabError } from '../state/errors.ts';
import { createLockWatch, type LockWatch } from './lock-watch.ts';
import { sleep } from './sleep.ts';

/** The lab's state, polled. */
export interface LabState {
  /** Whether the instances have the lab on: without it there are users, and nothing to try. */
  readonly lab: ReadonlySignal<'unknown' | 'on' | 'off'>;
  readonly status: ReadonlySignal<LabStatus | undefined>;
  readonly users: ReadonlySignal<readonly User[] | undefined>;
  readonly audit: ReadonlySignal<Audit | undefined>;
  readonly locks: LockWatch['locks'];
  /** Why the last question was not answered; undefined when it was. */
  readonly error: ReadonlySignal<LabError | undefined>;
  watchLocksOf: LockWatch['watch'];
  /** Asks for users and audit at once, such as after a run. */
  refresh(): Promise<void>;
  /** Makes users where there are none. */
  fill(count: number): Promise<void>;
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
  const audit = signal<Audit | undefined>();
  const lockWatch = createLockWatch(() => users.value?.map(({ id }) => id) ?? []);
  const error = signal<LabError | undefined>();
  let asked: 'everything' | 'nothing' | 'locks' = 'everything';
  const underWay = new Set<Promise<void>>();
  let nowKnown = () => {};
  const known = new Promise<void>((resolve) => {
    nowKnown = resolve;
  });

  /** @returns what was answered; undefined when nothing of use was, which is then the trouble. */
  function taken<T>(fetched: Fetched<T>): T | undefined {
    error.value = errorOf(fetched);
    return fetched.outcome === 'ok' ? fetched.body : undefined;
  }

  async function checkStatus(): Promise<void> {
    if (lab.value === 'off') return; // that takes other instances, and then this page anew
    const fetched = await fetchStatus();
    if (fetched.outcome === 'problem' && fetched.httpStatus === 404) {
      lab.value = 'off';
      error.value = undefined;
    } else {
      const found = taken(fetched);
      status.value = found;
      if (found) lab.value = 'on';
    }
    if (lab.value !== 'unknown') nowKnown();
  }

  async function refresh(): Promise<void> {
    const [found, judged] = await Promise.all([fetchUsers(), lab.value === 'on' ? fetchAudit() : undefined]);
    users.value = taken(found)?.users ?? users.value;
    if (judged) audit.value = taken(judged) ?? audit.value;
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
    audit,
    locks: lockWatch.locks,
    error,
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
    async fill(count) {
      users.value = taken(await createUsers(count))?.users ?? users.value;
    },
  };
}
