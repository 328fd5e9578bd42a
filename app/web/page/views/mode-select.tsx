import type { LockModeName } from '../../../lock-modes/lock-mode.ts';
import { modeTexts } from '../model/texts.ts';

export interface ModeSelectProps {
  readonly label: string;
  readonly modes: readonly LockModeName[];
  readonly value: LockModeName;
  onChange(mode: LockModeName): void;
}

/** Selects a lock mode, and shows how it separates two requests. */
export function ModeSelect({ label, modes, value, onChange }: ModeSelectProps) {
  return (
    <label>
      <span class="label">{label}</span>
      <select value={value} onChange={({ currentTarget }) => onChange(currentTarget.value as LockModeName)}>
        {modes.map((name) => (
          <option key={name} value={name}>
            {modeTexts[name].title} ({name})
          </option>
        ))}
      </select>
      <small>{modeTexts[value].how}</small>
    </label>
  );
}
