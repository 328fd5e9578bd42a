import type { JSX } from 'preact';
import type { UserViolation } from '../../verify/each-user.ts';
import { partsOf, type ShownCall } from '../violation.ts';

/** A history that no order explains: the time of each call, the impossible answer, and why it is impossible. */
export function History({ of: { userId, violation } }: { readonly of: UserViolation }): JSX.Element {
  const { before, leftOut, calls, why } = partsOf(violation);
  return (
    <figure class="history">
      <figcaption>
        User {userId}: {before}
      </figcaption>
      <Spans calls={calls} />
      {leftOut > 0 && <p>{leftOut} earlier calls are left out.</p>}
      <ol>
        {calls.map(({ operation: { call, answer, requestId }, fromMs, toMs, isImpossible }, index) => (
          <li key={index} class={isImpossible ? 'bad' : ''}>
            <span class="ms">{`${fromMs.toFixed(1)} to ${toMs?.toFixed(1) ?? '?'} ms`}</span>{' '}
            <span>
              {isImpossible && '✕ '}
              {call} {answer}
              {requestId !== undefined && (
                <>
                  , request <code>{requestId}</code>
                </>
              )}
              {isImpossible && ' (impossible)'}
            </span>
          </li>
        ))}
      </ol>
      <p>{why}</p>
    </figure>
  );
}

const rowHeight = 30;

/** Times are in percent of the width, so that the drawing fits any page and its text keeps its size. */
function Spans({ calls }: { readonly calls: readonly ShownCall[] }): JSX.Element {
  const endMs = Math.max(...calls.flatMap(({ fromMs, toMs }) => [fromMs, toMs ?? fromMs])) || 1;
  const percentOf = (ms: number) => roundToTenth((100 * ms) / endMs);
  const height = calls.length * rowHeight + 18;
  return (
    <svg width="100%" height={height} role="img" aria-label="The calls are listed below.">
      {calls.map(({ operation, fromMs, toMs, isImpossible }, index) => {
        const [from, to] = [percentOf(fromMs), toMs === undefined ? 100 : percentOf(toMs)];
        const tone = isImpossible ? 'bad' : toMs === undefined ? 'unknown' : '';
        // A label in the right half is aligned to the end of its bar, so that it does not leave the page.
        const [x, anchor] = from > 50 ? [to, 'end'] : [from, 'start'];
        return (
          <g key={index} class={tone}>
            <text x={`${x}%`} y={index * rowHeight + 12} text-anchor={anchor}>
              {operation.call} → {operation.answer}
              {isImpossible && ' ✕ impossible'}
            </text>
            <rect
              x={`${from}%`}
              y={index * rowHeight + 16}
              width={`${roundToTenth(Math.max(to - from, 0.5))}%`}
              height="8"
              rx="2"
            />
          </g>
        );
      })}
      <TimeScale y={height - 3} toMs={endMs.toFixed(1)} />
    </svg>
  );
}

/** The ends of a scale that is as wide as the drawing. */
export function TimeScale({ y, toMs }: { readonly y: number; readonly toMs: string }): JSX.Element {
  return (
    <>
      <text class="scale" y={y}>
        0 ms
      </text>
      <text class="scale" x="100%" y={y} text-anchor="end">
        {toMs} ms
      </text>
    </>
  );
}

/** @returns a length or a share, to a tenth. */
export const roundToTenth = (length: number) => Math.round(length * 10) / 10;
