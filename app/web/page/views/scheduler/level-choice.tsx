import { lockModeTraits } from '../../../../lock-modes/registry.ts';
import { levelTexts } from '../../narrative/scheduler/levels.ts';
import { type Level, type LevelId, levels } from '../../state/scheduler/levels.ts';
import { type Progress, stateOfLevel } from '../../state/scheduler/progress.ts';

const marks = {
  broken: { mark: '✕', word: 'broken' },
  held: { mark: '✓', word: 'held so far' },
} as const;

/** @returns the levels of this lab: it may lack a mode. */
export function levelsOf(modes: readonly string[]): readonly Level[] {
  return levels.filter(({ mode }) => modes.includes(mode));
}

export interface LevelChoiceProps {
  readonly offered: readonly Level[];
  readonly value: LevelId;
  readonly progress: Progress;
  onChange(level: LevelId): void;
}

/** Chooses the guard to break, and shows which are broken. */
export function LevelChoice({ offered, value, progress, onChange }: LevelChoiceProps) {
  const broken = offered.filter(({ id }) => stateOfLevel(progress, id) === 'broken').length;
  const chosen = offered.find(({ id }) => id === value);
  return (
    <fieldset class="levels">
      <legend>
        Level <small>{broken === 0 ? 'none broken yet' : `${broken} broken`}</small>
      </legend>
      <div>
        {offered.map(({ id, canBreak }) => {
          const state = stateOfLevel(progress, id);
          const { mark, word } = state === undefined ? { mark: '', word: 'not tried' } : marks[state];
          return (
            <label key={id}>
              <input type="radio" name="level" value={id} checked={id === value} onChange={() => onChange(id)} />
              <span class={`face ${state ?? ''}`}>
                {mark && <span aria-hidden="true">{mark} </span>}
                {levelTexts[id].title}
                <span class="unseen">, {state === 'held' && !canBreak ? 'held, as it does in every order' : word}</span>
              </span>
            </label>
          );
        })}
      </div>
      {chosen && <small>{lockModeTraits[chosen.mode].how}</small>}
    </fieldset>
  );
}
