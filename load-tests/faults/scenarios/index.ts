import { contention } from './contention.ts';
import { databaseRestart, databaseSwitchover } from './durability.ts';
import { killedHolder } from './killed-holder.ts';
import {
  abandonedWrite,
  delayedWrite,
  delayedWriteRenewed,
  foreignRelease,
  foreignReleaseRenewed,
  pausedBeforeCheck,
  pausedHolder,
} from './late-writes.ts';
import { eviction, failover } from './lost-grants.ts';
import { mixedFleet } from './mixed-fleet.ts';
import { clockJumpAhead, nodeRestartsEmpty, nodeRestartsLate } from './node-amnesia.ts';
import { majorityLost, nodeLost } from './nodes-lost.ts';
import { partitionFromMysql, partitionFromRedis } from './partition.ts';
import { pausedAcquire } from './paused-acquire.ts';
import { retry, retryWithKey } from './retries.ts';
import type { Scenario } from './scenario.ts';
import { soak } from './soak.ts';
import { wrongKey } from './wrong-key.ts';

/** In running order. */
export const scenarios: readonly Scenario[] = [
  contention,
  wrongKey,
  pausedHolder,
  pausedBeforeCheck,
  delayedWrite,
  delayedWriteRenewed,
  abandonedWrite,
  foreignRelease,
  foreignReleaseRenewed,
  pausedAcquire,
  killedHolder,
  retry,
  retryWithKey,
  nodeLost,
  majorityLost,
  nodeRestartsEmpty,
  nodeRestartsLate,
  clockJumpAhead,
  partitionFromRedis,
  partitionFromMysql,
  databaseRestart,
  databaseSwitchover,
  failover,
  eviction,
  mixedFleet,
  soak,
];
