import type { Run } from '../../state/run.ts';
import type { Settings } from '../../state/settings.ts';
import { keepInTab } from './browser-storage.ts';

/** Runs that were played together. */
export interface Played {
  readonly settings: Settings;
  readonly runs: readonly Run[];
}

/** What this tab has played last, so that a reload and the browser's Back show it without playing it again. */
export interface PlayedRuns {
  find(id: string): Played | undefined;
  /** Keeps it, in place of what was kept under this id. */
  keep(id: string, played: Played): void;
}

const most = 12;
/** Of JSON: a browser stores five million for a site. */
const mostCharacters = 1_000_000;

type Kept = readonly [id: string, played: Played];

/** Leaves out what is no played run. */
function readKept(stored: unknown): readonly Kept[] {
  return Array.isArray(stored) ? stored.filter(isKept) : [];
}

function isKept(one: unknown): one is Kept {
  if (!Array.isArray(one) || typeof one[0] !== 'string') return false;
  const played = one[1] as Partial<Played> | null;
  return Array.isArray(played?.settings?.modes) && Array.isArray(played.runs);
}

export function keepPlayedRuns(): PlayedRuns {
  const stored = keepInTab('played-runs', readKept);
  return {
    find: (wanted) => stored.read().find(([id]) => id === wanted)?.[1],
    keep(id, played) {
      const kept = [...stored.read().filter(([other]) => other !== id), [id, played] as const].slice(-most);
      let left = mostCharacters;
      const fitting = kept.toReversed().filter((one) => {
        left -= JSON.stringify(one).length;
        return left >= 0;
      });
      stored.write(fitting.reverse());
    },
  };
}
