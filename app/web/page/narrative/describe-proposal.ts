import { lockModeTraits } from '../../../lock-modes/registry.ts';
import { loadSeconds, loadUsers } from '../state/load/limits.ts';
import { stormSize } from '../state/plan.ts';
import type { Settings } from '../state/settings.ts';
import { levelTexts } from './scheduler/levels.ts';

/** Describes what playing these settings would send, with which guard and on which users. */
export function describeProposal({ scenario, modes, level, userId, moves }: Settings): string {
  const guards = modes
    .map((mode) => `${level ? levelTexts[level].title : lockModeTraits[mode].title} (${mode})`)
    .join(', then ');
  const isCompared = modes.length > 1;
  const on =
    userId === undefined
      ? isCompared
        ? 'fresh users'
        : 'a fresh user'
      : `user ${userId}${isCompared ? ' and a fresh one' : ''}`;
  const calls: Record<typeof scenario, string> = {
    race: `a pay and a cancel at once on ${on}`,
    storm: `${stormSize} pays at once on ${on}`,
    pay: `a pay on ${on}`,
    cancel: `a cancel on ${on}`,
    steps: `a pay and a cancel, held before each step, on a fresh user${moves ? `; ${moves.length} steps are taken at once` : ''}`,
    load: `pays and cancels on ${loadUsers} fresh users for ${loadSeconds} seconds`,
  };
  return `It sends ${calls[scenario]}. Guard: ${guards}.`;
}
