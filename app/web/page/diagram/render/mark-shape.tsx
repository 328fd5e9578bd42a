import type { JSX } from 'preact';
import type { Mark } from '../layout/marks.ts';
import { band } from '../layout/place.ts';
import { half, leastWidth, radius } from '../layout/sizes.ts';

/** A step: a span with its label, or a point with its letter, in a target of sufficient size. */
export function MarkShape({ mark, hatch }: { readonly mark: Mark; readonly hatch: string }): JSX.Element {
  const { step, left, right, y, label, fates } = mark;
  const middle = (left + right) / 2;
  if (step.kind === 'moment') {
    return (
      <>
        <circle class="target" cx={middle} cy={y} r={leastWidth / 2} />
        <circle class="ground" cx={middle} cy={y} r={radius} />
        <text x={middle} y={y + 5}>
          {label}
        </text>
      </>
    );
  }
  const box = { ...band(mark, half.span), rx: 4 };
  return (
    <>
      <rect class="ground" {...box} />
      {step.kind === 'wait' && <rect class="pattern" fill={`url(#${hatch})`} {...box} />}
      <text x={middle} y={y + 5}>
        {label}
      </text>
      {fates.includes('lost') && (
        <g class="badge">
          <circle cx={right - 1} cy={y - half.span + 1} r="8" />
          <path d={`M${right - 4} ${y - half.span - 2}l6 6m-6 0l6 -6`} />
        </g>
      )}
    </>
  );
}
