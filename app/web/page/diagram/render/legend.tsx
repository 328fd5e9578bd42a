import type { JSX } from 'preact';

/** The picture's signs. A small letter stands where a step's label does not fit. */
const entries = [
  { kind: 'arrived', sign: 'A', means: 'a request arrives' },
  { kind: 'answered', sign: '✓', means: 'its answer' },
  { kind: 'refused', sign: '!', means: 'refused; f✕, w✕: a refused refund, write' },
  { kind: 'waiting', sign: '?', means: 'requests the lock' },
  { kind: 'wait', sign: '…', means: 'waits for the lock' },
  { kind: 'hold', sign: 'h', means: 'holds the lock' },
  { kind: 'read', sign: 'r', means: 'reads the user' },
  { kind: 'decided', sign: 'd', means: 'decides' },
  { kind: 'charged', sign: 'c', means: 'charges' },
  { kind: 'refunded', sign: 'f', means: 'refunds' },
  { kind: 'written', sign: 'w', means: 'writes the flag' },
  { kind: 'window', sign: '', means: 'between a read and its write; red: others wrote meanwhile' },
  { kind: 'fault', sign: '', means: 'a fault, and what it hits' },
  { kind: 'lease', sign: '', means: 'a server keeps the lock' },
  { kind: 'held', sign: '', means: 'held by the step control' },
  { kind: 'stale', sign: '✕', means: 'a lost update' },
] as const;

/** What the signs of the picture stand for. @param kinds what it draws. */
export function Legend({ kinds }: { readonly kinds: ReadonlySet<string> }): JSX.Element {
  return (
    <ul class="diagram-legend" aria-label="What the signs mean">
      {entries
        .filter(({ kind }) => kinds.has(kind))
        .map(({ kind, sign, means }) => (
          <li key={kind}>
            <span class={kind}>{sign}</span> {means}
          </li>
        ))}
    </ul>
  );
}
