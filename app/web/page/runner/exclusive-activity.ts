import { type ReadonlySignal, signal } from '@preact/signals';
import type { Player } from '../model/activity.ts';

/** Who is at it. */
export interface Turn {
  /** undefined while nobody is. */
  readonly of: ReadonlySignal<Player | undefined>;
  /**
   * Takes the turn. Whoever has it may take it once more, and has it until all is ended.
   *
   * @returns what ends it; undefined when it is another's.
   */
  take(player: Player): (() => void) | undefined;
}

export function createTurn(): Turn {
  const of = signal<Player | undefined>();
  let taken = 0;
  return {
    of,
    take(player) {
      if (of.value !== undefined && of.value !== player) return undefined;
      of.value = player;
      taken += 1;
      return () => {
        taken -= 1;
        if (taken === 0) of.value = undefined;
      };
    },
  };
}
