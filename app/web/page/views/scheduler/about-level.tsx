import { levelTexts } from '../../narrative/scheduler/levels.ts';
import { type LevelId, levelOf } from '../../state/scheduler/levels.ts';
import type { stateOfLevel } from '../../state/scheduler/progress.ts';

/** Whether the guard is broken, why, and a hint. */
export function AboutLevel({ level, state }: { level: LevelId; state: ReturnType<typeof stateOfLevel> }) {
  const { hint, why, takes } = levelTexts[level];
  const isFirm = !levelOf(level).canBreak;
  return (
    <div class="about-level">
      <div role="status">
        {state === 'broken' && (
          <p>
            <b class="broken">✕ Broken.</b> {isFirm ? 'By more than the order of the moves, such as a fault.' : why}
          </p>
        )}
        {state === 'held' && isFirm && (
          <p>
            <b class="held">✓ It holds.</b> It cannot be broken this way. {why} What it would take: {takes}
          </p>
        )}
        {state === 'held' && !isFirm && <p>It has held so far. There is an order that breaks it.</p>}
      </div>
      <details key={level}>
        <summary>Hint</summary>
        <p>{hint}</p>
        <p>
          “Undo” repeats all moves but the last on a fresh user. A request is held, and waits for a lock, for ten
          minutes at most.
        </p>
      </details>
    </div>
  );
}
