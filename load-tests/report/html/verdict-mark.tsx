import type { JSX } from 'preact';

const signs = { violated: '✕', held: '✓', unavailable: '○', inconclusive: '?' } as const;

export interface VerdictMarkProps {
  readonly verdict: keyof typeof signs;
  readonly expected: keyof typeof signs;
}

/** A verdict as a coloured sign and word, and the expected verdict if it differs. */
export function VerdictMark({ verdict, expected }: VerdictMarkProps): JSX.Element {
  return (
    <>
      <span class={`verdict ${verdict}`}>
        <span aria-hidden="true">{signs[verdict]}</span> {verdict}
      </span>
      {verdict !== expected && <span class="unexpected"> ({expected} was expected)</span>}
    </>
  );
}
