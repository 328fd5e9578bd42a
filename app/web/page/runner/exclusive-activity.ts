import { type ReadonlySignal, signal } from '@preact/signals';
import type { Activity } from '../model/activity.ts';

/** Who is at it. */
export interface ExclusiveActivity {
  /** undefined while nobody is. */
  readonly current: ReadonlySignal<Activity | undefined>;
  /**
   * Takes the turn. Whoever has it may take it once more, and has it until all is ended.
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
