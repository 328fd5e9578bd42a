import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import type { Scale } from '../layout/layout.ts';

const scales = [
  { value: 'time', title: 'Real time' },
  { value: 'order', title: 'Order of events' },
] as const;

/** One axis cannot show 2 ms beside 2 s, so the picture has two scales. */
export function ScaleChoice({ scale }: { readonly scale: Signal<Scale> }): JSX.Element {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend>Scale</legend>
      {scales.map(({ value, title }) => (
        <label key={value}>
          <input
            type="radio"
            name={name}
            checked={scale.value === value}
            onChange={() => {
              scale.value = value;
            }}
          />
          <span class="face">{title}</span>
        </label>
      ))}
    </fieldset>
  );
}
