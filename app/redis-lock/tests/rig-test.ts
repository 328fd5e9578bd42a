import { test as plainTest } from 'vitest';
import { type Rig, type RigOptions, withRig } from '../simulation/rig.ts';
import type { LockEngine } from '../src/lock.ts';

interface RigFixtures {
  readonly rigOptions: RigOptions;
  readonly rig: Rig;
  /** Locks with the default options, each in a process of its own. */
  readonly lock: LockEngine;
  readonly ours: LockEngine;
  readonly theirs: LockEngine;
}

/** A test on simulated servers of its own. One that passes leaves nothing behind. */
export const test = plainTest.extend<RigFixtures>({
  rigOptions: {},
  rig: ({ rigOptions, task }, use) => withRig(rigOptions, use, () => task.result?.state === 'fail'),
  lock: async ({ rig }, use) => use((await rig.join()).lock),
  ours: async ({ rig }, use) => use((await rig.join()).lock),
  theirs: async ({ rig }, use) => use((await rig.join()).lock),
});
