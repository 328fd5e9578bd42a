import type { Signal } from '@preact/signals';

const scales = [
  { value: 'time', title: 'Real time' },
  { value: 'order', title: 'Order of events' },
] as const;

/** 2 ms beside 2 s cannot be seen on one axis: the pictures have two. */
export function ScaleChoice({ scale, name }: { scale: Signal<'time' | 'order'>; name: string }) {
  return (
    <fieldset class="segments">
      <legend>Drawn by</legend>
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
