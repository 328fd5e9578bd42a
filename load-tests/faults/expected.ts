import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { FaultVerdict } from './verdict.ts';

/** The expected result of a mode under one fault. */
export interface Expectation {
  readonly verdict: Exclude<FaultVerdict, 'inconclusive'>;
  /** A clause that completes "because …". */
  readonly why: string;
  /** Whether a third request is admitted beside its rival, where that distinguishes modes. */
  readonly thirdGotIn?: boolean;
}

/** By scenario. A scenario that is not named does not apply: its fault cannot affect the mode. */
type Expectations = Readonly<Record<string, Expectation>>;

const violated = (why: string): Expectation => ({ verdict: 'violated', why });
const held = (why: string): Expectation => ({ verdict: 'held', why });
const unavailable = (why: string): Expectation => ({ verdict: 'unavailable', why });
const inAllOf = (scenarios: readonly string[], expectation: Expectation): Expectations =>
  Object.fromEntries(scenarios.map((scenario) => [scenario, expectation]));

const anyMode: Expectations = {
  'database-restart': held('the answer follows the commit, and the commit is in the log'),
  'database-switchover': held('the new primary has every commit of the old one, which takes no more writes'),
  retry: violated('a guard keeps requests apart, and a retry comes after the request that it repeats'),
  'retry-with-key': held('the row of the key says what the killed instance began'),
  'mixed-fleet': violated('the unguarded write checks no lock, token or version, and overwrites what it has not read'),
};

/** The lease ends between its last check and the write. In `foreign-release`, the release follows as well. */
const lateWrite = (expectation: Expectation, { thirdGotIn }: { thirdGotIn: boolean }): Expectations => ({
  ...inAllOf(['paused-holder', 'delayed-write', 'abandoned-write', 'soak'], expectation),
  'foreign-release': { ...expectation, thirdGotIn },
});

const onAnyOtherInstance = violated('it excludes no request on another instance');
const unguarded: Expectations = {
  ...anyMode,
  ...lateWrite(onAnyOtherInstance, { thirdGotIn: true }),
  'delayed-write-renewed': onAnyOtherInstance,
  'foreign-release-renewed': { ...onAnyOtherInstance, thirdGotIn: true },
  ...inAllOf(['contention', 'wrong-key', 'paused-before-check', 'paused-acquire', 'killed-holder'], onAnyOtherInstance),
  ...inAllOf(['partition-redis', 'partition-mysql', 'node-lost', 'failover', 'eviction'], onAnyOtherInstance),
  ...inAllOf(['node-restarts-empty', 'clock-jump'], onAnyOtherInstance),
};

const sharedGuard: Expectations = {
  ...anyMode,
  ...inAllOf(
    ['partition-redis', 'partition-mysql'],
    held('the cut-off instance refuses or gives up, and the others continue with mutual exclusion'),
  ),
  contention: held('no holder outlives its lease, and stale tokens and versions are refused'),
};

/** A key on a server, with a TTL. */
const expires = {
  'killed-holder': held('the next request is admitted when the TTL expires, and alone'),
};
const rejectsLateGrant = {
  'paused-acquire': held('the lease has expired by the monotonic clock when the grant is read, so it is not used'),
};
const failsClosed = {
  'node-lost': unavailable('without its Redis the guard fails closed: no request runs unguarded'),
};
const lostByRedis = {
  failover: violated('the promoted replica lacks A’s lock, and A’s lease is still valid by its clock'),
  eviction: violated('Redis has deleted A’s lock, and A’s lease is still valid by its clock'),
};

/** Only the lock keeps requests apart, so its key and its lease decide. */
const lockDecides: Expectations = {
  ...sharedGuard,
  ...expires,
  'wrong-key': violated('each request holds its own lock'),
};
const writesLate = violated(
  'the lease was valid when checked, nothing checks it again, and the database accepts the late write',
);
const abandoned = {
  'abandoned-write': violated('its holder has given up and released the lock, and the database accepts the late write'),
};
/** Its holder is running, so it renews its lease. */
const renews: Expectations = {
  'delayed-write-renewed': held('the lease is renewed while the write takes its time, so the rival waits'),
  'foreign-release-renewed': { ...held('the holder still has its lock when it releases it'), thirdGotIn: false },
};
const leased: Expectations = {
  ...lockDecides,
  ...rejectsLateGrant,
  ...renews,
  ...lateWrite(writesLate, { thirdGotIn: false }),
  ...abandoned,
  'paused-before-check': held('its monotonic clock shows that the lease has expired, so it does not write'),
};

/** A token, a version or a lock on the row holds, whatever the key and the lease. */
const rowDecides: Expectations = {
  ...sharedGuard,
  'wrong-key': held('the row decides, whatever the key'),
  'paused-before-check': held('the row decides, as after the check'),
};
const needsNoRedis: Expectations = {
  ...inAllOf(['node-lost', 'failover', 'eviction'], held('it needs no Redis')),
  'paused-acquire': held('it has no lease'),
};

const unpaidOverUnpaid = violated('the cancel wrote unpaid over unpaid, so the pay finds the flag as it was');
const ofTwoPays = held('of two pays, the second to write finds the flag changed');

const votesTwice = violated('the node votes twice within the TTL, so both holders have a majority and a valid lease');

/** What is expected of each mode under each fault. */
export const expected: Readonly<Record<LockModeName, Expectations>> = {
  none: unguarded,
  memory: unguarded,
  naive: {
    ...lockDecides,
    ...failsClosed,
    ...lostByRedis,
    ...lateWrite(writesLate, { thirdGotIn: true }),
    ...abandoned,
    'delayed-write-renewed': violated('it renews nothing'),
    'foreign-release-renewed': { ...violated('it renews nothing'), thirdGotIn: true },
    'paused-before-check': violated('it checks no lease'),
    'paused-acquire': violated('it accepts a grant however late it is read'),
  },
  redis: { ...leased, ...failsClosed, ...lostByRedis },
  redlock: {
    ...leased,
    'node-lost': held('three of five are a majority'),
    'majority-lost': unavailable('two of five are no majority, so every request is refused'),
    'node-restarts-empty': votesTwice,
    'node-restarts-late': held('B gets no majority until A’s last renewal has expired, and A checks its lease'),
    'clock-jump': votesTwice,
    failover: held('its nodes have no replicas, and the killed primary is not one of them'),
    eviction: held('the full Redis is not one of its nodes'),
  },
  fenced: {
    ...rowDecides,
    ...expires,
    ...rejectsLateGrant,
    ...renews,
    ...failsClosed,
    ...lateWrite(held('the rival has registered a greater token on the row, which refuses the write'), {
      thirdGotIn: false,
    }),
    ...inAllOf(
      ['failover', 'eviction'],
      held('the lock is lost, but the row refuses A’s write: B’s token is greater, since tokens start from the clock'),
    ),
  },
  row: {
    ...rowDecides,
    ...needsNoRedis,
    ...lateWrite(held('the row stays locked while the connection lives, so the rival waits'), { thirdGotIn: false }),
    'abandoned-write': unavailable('its row stays locked until the database learns that its connection has ended'),
    'killed-holder': held('the database notices the broken connection and unlocks the row at once'),
  },
  version: {
    ...rowDecides,
    ...needsNoRedis,
    // It excludes no request on another instance, with or without a release.
    ...lateWrite(held('the rival has raised the version, so the write is refused'), { thirdGotIn: true }),
    'killed-holder': held('nothing was locked'),
  },
  conditional: {
    ...anyMode,
    ...inAllOf(
      ['contention', 'paused-holder', 'paused-before-check', 'delayed-write', 'abandoned-write'],
      unpaidOverUnpaid,
    ),
    ...inAllOf(['partition-redis', 'partition-mysql', 'node-lost', 'failover', 'eviction', 'soak'], unpaidOverUnpaid),
    ...inAllOf(['wrong-key', 'paused-acquire', 'killed-holder'], ofTwoPays),
    'foreign-release': { ...held('the cancel writes last, and finds the flag changed'), thirdGotIn: true },
  },
  serializable: {
    ...rowDecides,
    ...needsNoRedis,
    ...inAllOf(
      ['paused-holder', 'delayed-write', 'soak'],
      held('no other transaction can write the row that it has read'),
    ),
    'abandoned-write': held('its transaction is never committed, and the charge is taken back'),
    'killed-holder': held('the database notices the broken connection and ends its transaction'),
  },
  named: {
    ...sharedGuard,
    ...needsNoRedis,
    ...lateWrite(held('the lock lasts as long as the connection, so the rival waits'), { thirdGotIn: false }),
    'wrong-key': violated('each request holds its own lock'),
    'paused-before-check': held('the lock lasts as long as the connection'),
    'abandoned-write': unavailable('the lock is held until the database learns that its connection has ended'),
    'killed-holder': held('the database notices the broken connection and frees the lock at once'),
  },
};
