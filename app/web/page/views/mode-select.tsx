import { type LockModeName, lockModeTraits } from '../../../lock-modes/registry.ts';
import type { Page } from '../runner/page.ts';

/** The modes of this lab; until they are known, two that every lab has. */
export const modesOf = ({ lab }: Page): readonly LockModeName[] => lab.status.value?.modes ?? ['none', 'redis'];

export interface ModeSelectProps {
  readonly modes: readonly LockModeName[];
  readonly value: LockModeName;
  onChange(mode: LockModeName): void;
}

/** Selects a lock mode, and shows how it separates two requests. */
export function ModeSelect({ modes, value, onChange }: ModeSelectProps) {
  return (
    <label>
      <span class="label">Guarded by</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as LockModeName)}>
        {modes.map((name) => (
          <option key={name} value={name}>
            {lockModeTraits[name].title} ({name})
          </option>
        ))}
      </select>
      <small>{lockModeTraits[value].how}</small>
    </label>
  );
}
