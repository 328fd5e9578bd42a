import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { describeStep } from '../../narrative/steps/describe.ts';
import type { Trace } from '../../trace/steps.ts';
import type { Layout } from '../layout/layout.ts';
import { band, sized } from '../layout/place.ts';
import { half } from '../layout/sizes.ts';
import type { Span } from '../layout/spans.ts';
import { Arrow } from './arrow.tsx';
import { AxisLine } from './axis-line.tsx';
import { Bars, Faults } from './bars.tsx';
import { MarkShape } from './mark-shape.tsx';

export interface PictureProps {
  readonly trace: Trace;
  /** Of this trace. */
  readonly layout: Layout;
  /** The column of the step that is in the tab order; the arrow keys go on from there. Undefined: in a report, without a script. */
  readonly current?: number;
  /** The id of the event that was picked. */
  readonly picked?: string | undefined;
  /** CSS pixels per pixel of the layout. Default 1. */
  readonly unit?: number;
}

/**
 * The drawing itself: the steps are the options of the listbox around it, in order. What joins them (lanes, lines, arrows)
 * is hidden from screen readers: the options say it in words.
 */
export function Picture({ trace, layout, current, picked, unit = 1 }: PictureProps): JSX.Element {
  const { width, height, lanes, axis } = layout;
  const hatch = useId();
  return (
    <svg class="diagram-picture" {...sized(width, height, unit)} role="presentation">
      <defs>
        <pattern id={hatch} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <line class="hatch" y2="7" />
        </pattern>
      </defs>
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused */}
      <g aria-hidden="true">
        {lanes.map(({ kind, id, top, height: laneHeight }) => (
          <rect key={`${kind} ${id}`} class={`lane ${kind}`} y={top} width={width} height={laneHeight} />
        ))}
        <AxisLine axis={axis} width={width} height={height} hatch={hatch} />
        <Faults bars={layout.bars} height={height} />
        <Ground layout={layout} hatch={hatch} />
        {layout.lost.map(
          ({ arrow, write }, index) =>
            arrow && (
              <g key={write.event.id} class={index === 0 ? 'arrow' : 'arrow further'} data-step={write.column}>
                <Arrow {...arrow} head={index === 0 ? 18 : 14} />
              </g>
            ),
        )}
        <Bars bars={layout.bars} />
      </g>
      {layout.marks.map((mark) => (
        <g
          key={mark.step.event.id}
          class={`step ${mark.step.kind} ${mark.step.event.step} ${mark.fates.join(' ')}`}
          data-step={mark.step.column}
          {...(current !== undefined && {
            role: 'option',
            tabindex: mark.step.column === current ? 0 : -1,
            'aria-selected': mark.step.event.id === picked,
            'aria-label': describeStep(mark.step, trace, mark.label),
          })}
        >
          {current === undefined && <title>{describeStep(mark.step, trace)}</title>}
          <MarkShape mark={mark} hatch={hatch} />
        </g>
      ))}
      {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it can be focused */}
      <g aria-hidden="true">
        {layout.lost.map(
          ({ arrow, write }) =>
            arrow && <circle key={write.event.id} class="from" cx={arrow.from.x} cy={arrow.from.y} r="6" />,
        )}
        {layout.lost.map(({ text, left, right, y, write }) => (
          <g key={write.event.id} class="verdict" data-step={write.column}>
            <rect x={left} y={y - 17} width={right - left} height="34" rx="7" />
            <text x={(left + right) / 2} y={y + 6}>
              {text}
            </text>
          </g>
        ))}
      </g>
    </svg>
  );
}

/** What lies under the steps: requests and waits, windows, versions, messages. */
function Ground({ layout, hatch }: { readonly layout: Layout; readonly hatch: string }): JSX.Element {
  const { spans, windows, versions, messages } = layout;
  return (
    <>
      {windows.map((window) => (
        <rect key={window.id} class={window.isStale ? 'window stale' : 'window'} {...band(window, half.window)} />
      ))}
      {versions.map(({ left, right, y, label, maker, fate = '' }) => {
        const [version, loss] = label.split(' ✕');
        return (
          <g key={`${y} ${maker?.event.id}`} class={`version ${fate}`} data-step={maker?.column}>
            <rect class="ground" {...band({ left, right, y }, half.version)} />
            {label && (
              <text x={left + 6} y={y + 5}>
                {version}
                {loss !== undefined && <tspan class="loss"> ✕{loss}</tspan>}
              </text>
            )}
          </g>
        );
      })}
      {spans.map(({ kind, step, left, right, y, label, isOpen }) => (
        <g key={`${kind} ${step.event.id}`} class={`span ${kind} ${isOpen ? 'open' : ''}`} data-step={step.column}>
          <rect class="ground" {...band({ left, right, y }, halfOf(kind))} />
          {kind === 'wait' && <rect class="pattern" fill={`url(#${hatch})`} {...band({ left, right, y }, half.span)} />}
          {label && (
            <text x={kind === 'wait' || kind === 'hold' ? left + 6 : left + 18} y={y + 5}>
              {label}
            </text>
          )}
        </g>
      ))}
      {messages.map(({ step, x, fromY, toY, isStale }) => (
        <Arrow
          key={step.event.id}
          class={`message ${isStale ? 'stale' : ''}`}
          column={step.column}
          from={{ x, y: fromY }}
          to={{ x, y: toY }}
          head={7}
        />
      ))}
    </>
  );
}

/** Half the height of a band. */
function halfOf(kind: Span['kind']): number {
  if (kind === 'execution') return 1;
  return kind === 'wait' || kind === 'hold' ? half.span : half.request;
}
