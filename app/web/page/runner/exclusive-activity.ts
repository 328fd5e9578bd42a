import { type ReadonlySignal, signal } from '@preact/signals';
import type { Activity } from '../state/activity.ts';

/** Who is at it. */
export interface ExclusiveActivity {
  /** undefined while none is in progress. */
  readonly current: ReadonlySignal<Activity | undefined>;
  /**
   * Begins an activity. The current one may begin again, and stays current until each begin is ended.
   *
   * @returns what ends it; undefined when it is another's.
   */
  begin(player: Activity): (() => void) | undefined;
}

export function createExclusiveActivity(): ExclusiveActivity {
  const current = signal<Activity | undefined>();
  let begun = 0;
  return {
    current,
    begin(player) {
      if (current.value !== undefined && current.value !== player) return undefined;
      current.value = player;
      begun += 1;
      return () => {
        begun -= 1;
        if (begun === 0) current.value = undefined;
      };
    },
  };
}
