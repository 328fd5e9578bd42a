/** The static properties of a lock mode. */
interface ModeTraits {
  /** Its name on the page. */
  readonly title: string;
  /** How it keeps two requests apart, in a sentence or two. */
  readonly how: string;
  /** The rivals that cannot enter while a request is inside: those on its instance, those with its key, all of its user. */
  readonly excludes: 'none' | 'instance' | 'key' | 'user';
  /** The servers that keep its locks. Every mode needs the database besides. */
  readonly locksOn: 'nothing' | 'redis' | 'redlock';
  /**
   * What a write requires, besides the lock: a valid lease, the latest fencing token, the version or the flag that was
   * read, or a transaction that can be serialized.
   */
  readonly writeRequires: 'nothing' | 'lease' | 'token' | 'version' | 'flag' | 'isolation';
  /** The environment variable without which an instance does not have the mode. */
  readonly needs?: 'REDLOCK_URLS';
}

/** The modes, in the order of every list of them. Imports nothing, so that the page can use it as well. */
const registry = {
  none: {
    title: 'No guard',
    how: 'Read, decide, write: three separate statements. Other requests can run in between.',
    excludes: 'none',
    locksOn: 'nothing',
    writeRequires: 'nothing',
  },
  memory: {
    title: 'A mutex in the process',
    how: 'Requests on the same instance wait. A mutex does not reach other instances.',
    excludes: 'instance',
    locksOn: 'nothing',
    writeRequires: 'nothing',
  },
  naive: {
    title: 'SET NX and DEL',
    how: 'The lock of most blog posts. A late holder deletes the next holder’s lock.',
    excludes: 'key',
    locksOn: 'redis',
    writeRequires: 'nothing',
  },
  redis: {
    title: 'The Redis lock',
    how: 'A lock with an owner token and a TTL, renewed while the work lasts and checked right before the write.',
    excludes: 'key',
    locksOn: 'redis',
    writeRequires: 'lease',
  },
  redlock: {
    title: 'Redlock',
    how: 'The same lock on a majority of five Redis servers. Two may fail.',
    excludes: 'key',
    locksOn: 'redlock',
    writeRequires: 'lease',
    needs: 'REDLOCK_URLS',
  },
  fenced: {
    title: 'Redis and a fencing token',
    how: 'The lock, and a number that grows with each grant. The row rejects a write with an older number.',
    excludes: 'key',
    locksOn: 'redis',
    writeRequires: 'token',
  },
  row: {
    title: 'Row lock',
    how: 'SELECT … FOR UPDATE: the database blocks other requests for the row.',
    excludes: 'user',
    locksOn: 'nothing',
    writeRequires: 'nothing',
  },
  version: {
    title: 'Optimistic',
    how: 'No request waits. A write over an unread version is refused, and the request retries.',
    excludes: 'none',
    locksOn: 'nothing',
    writeRequires: 'version',
  },
  conditional: {
    title: 'Conditional write',
    how: 'A write only over the flag that was read. It misses unpaid over unpaid, and a flag that was changed and changed back.',
    excludes: 'none',
    locksOn: 'nothing',
    writeRequires: 'flag',
  },
  serializable: {
    title: 'SERIALIZABLE',
    how: 'The read and the write in one transaction of that level. Of two that deadlock, the database ends one, which retries.',
    excludes: 'none',
    locksOn: 'nothing',
    writeRequires: 'isolation',
  },
  named: {
    title: 'GET_LOCK',
    how: 'A named lock of the database, on the connection that reads and writes: it ends with the connection.',
    excludes: 'key',
    locksOn: 'nothing',
    writeRequires: 'nothing',
  },
} as const satisfies Readonly<Record<string, ModeTraits>>;

export type LockModeName = keyof typeof registry;

export const lockModeTraits: Readonly<Record<LockModeName, ModeTraits>> = registry;

export const lockModeNames = Object.keys(registry) as readonly LockModeName[];
