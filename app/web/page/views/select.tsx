import { type LockModeName, lockModeTraits } from '../../../lock-modes/registry.ts';
import type { Page } from '../runner/page.ts';

/** The modes of this lab; until they are known, two that every lab has. */
export const modesOf = ({ lab }: Page): readonly LockModeName[] => lab.status.value?.modes ?? ['none', 'redis'];

/** The options for lock modes. */
export const modeOptions = (modes: readonly LockModeName[]) =>
  modes.map((name) => [name, `${lockModeTraits[name].title} (${name})`] as const);

export interface SelectProps<T> {
  readonly label: string;
  readonly options: readonly (readonly [value: T, text: string])[];
  readonly value: T;
  /** What the chosen option means. */
  readonly note: string;
  onChange(value: T): void;
}

/** Selects one of some options, with a note beneath. */
export function Select<T extends string | number>({ label, options, value, note, onChange }: SelectProps<T>) {
  return (
    <label>
      <span class="label">{label}</span>
      <select
        value={value}
        onChange={({ currentTarget: { selectedIndex } }) => onChange(options[selectedIndex]?.[0] ?? value)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      <small>{note}</small>
    </label>
  );
}

export interface ModeSelectProps extends Pick<SelectProps<LockModeName>, 'value' | 'onChange'> {
  readonly modes: readonly LockModeName[];
}

/** Selects a lock mode, and shows how it separates two requests. */
export function ModeSelect({ modes, ...select }: ModeSelectProps) {
  return <Select label="Guarded by" options={modeOptions(modes)} note={lockModeTraits[select.value].how} {...select} />;
}
