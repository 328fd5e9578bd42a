import type { JSX } from 'preact';

const entries = [
  { kind: 'wait', letter: '…', means: 'waits for the lock' },
  { kind: 'hold', letter: 'H', means: 'holds the lock' },
  { kind: 'read', letter: 'R', means: 'reads the user' },
  { kind: 'decided', letter: 'D', means: 'decides' },
  { kind: 'act', letter: 'C', means: 'charges; F: refunds' },
  { kind: 'write', letter: 'W', means: 'writes the flag' },
  { kind: 'stale', letter: '✕', means: 'a lost update' },
] as const;

/** What the letters stand for where a label does not fit. */
export function Legend({ kinds }: { readonly kinds: ReadonlySet<string> }): JSX.Element {
  return (
    <ul class="diagram-legend" aria-label="What the letters mean">
      {entries
        .filter(({ kind }) => kinds.has(kind))
        .map(({ kind, letter, means }) => (
          <li key={kind}>
            <span class={kind}>{letter}</span> {means}
          </li>
        ))}
    </ul>
  );
}
