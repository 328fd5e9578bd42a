import type { LockModeName } from '../../../../lock-modes/registry.ts';

/** A guard to break by the order of the turns. */
export interface Level {
  /** The lock mode; `memory-one` is `memory` with both requests on one instance. */
  readonly id: LevelId;
  readonly mode: LockModeName;
  /** Where the two requests run: on one instance, on two, or on those that nginx chooses. */
  readonly instances?: 'one' | 'two';
  /** True if an order of the turns loses an update. */
  readonly canBreak: boolean;
}

export type LevelId = LockModeName | 'memory-one';

/** From no guard to the fencing token. runner/scheduler/levels.test.ts plays each of them on a real stack. */
export const levels: readonly Level[] = [
  { id: 'none', mode: 'none', canBreak: true },
  { id: 'memory', mode: 'memory', instances: 'two', canBreak: true },
  { id: 'memory-one', mode: 'memory', instances: 'one', canBreak: false },
  { id: 'conditional', mode: 'conditional', canBreak: true },
  { id: 'naive', mode: 'naive', canBreak: true },
  { id: 'redis', mode: 'redis', canBreak: false },
  { id: 'redlock', mode: 'redlock', canBreak: false },
  { id: 'named', mode: 'named', canBreak: false },
  { id: 'row', mode: 'row', canBreak: false },
  { id: 'serializable', mode: 'serializable', canBreak: false },
  { id: 'version', mode: 'version', canBreak: false },
  { id: 'fenced', mode: 'fenced', canBreak: false },
];

export function levelOf(id: LevelId): Level {
  return levels.find((level) => level.id === id) as Level; // every mode has one: a test checks that
}
