import { lockModeTraits } from '../../../app/lock-modes/registry.ts';
import type { ScenarioContext } from '../context/scenario-context.ts';
import { Inconclusive } from '../verdict.ts';

type ContextOfMode = Pick<ScenarioContext, 'mode' | 'expected'>;

/** True of modes whose locks end by a TTL, while a stall of the machine can end the leases of all requests. */
export const hasTtl = ({ mode }: Pick<ScenarioContext, 'mode'>) => lockModeTraits[mode].locksOn !== 'nothing';

/** True of modes that keep no request on another instance waiting: they refuse its write, or do not guard it. */
function blocksNoRival({ mode }: ContextOfMode): boolean {
  const { excludes, writeRequires } = lockModeTraits[mode];
  return (excludes === 'none' || excludes === 'instance') && writeRequires !== 'isolation';
}

/** A rival that was given some time to be admitted. */
export interface TriedRival {
  readonly isAdmitted: boolean;
  readonly withinMs: number;
  /** Whether the mode's lock is lost, has ended or is another one, so that it does not block this rival. */
  readonly isLockFree?: boolean;
  /** Default: B. */
  readonly who?: string;
}

/** @throws {Inconclusive} if the rival should have been admitted: without it, nothing was tested. */
export function assertAdmitted(context: ContextOfMode, tried: TriedRival): void {
  const { isAdmitted, withinMs, isLockFree = false, who = 'B' } = tried;
  const mustBe = context.expected.verdict === 'violated' || isLockFree || blocksNoRival(context);
  if (mustBe && !isAdmitted) throw new Inconclusive(`${who} was not admitted within ${Math.round(withinMs)} ms`);
}
