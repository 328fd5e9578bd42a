import { type LockModeName, lockModeTraits } from '../../../lock-modes/registry.ts';

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
            {lockModeTraits[name].title} ({name})
          </option>
        ))}
      </select>
      <small>{lockModeTraits[value].how}</small>
    </label>
  );
}
