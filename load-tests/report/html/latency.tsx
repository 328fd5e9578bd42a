import { type ScaleLogarithmic, scaleLog } from 'd3-scale';
import type { JSX } from 'preact';
import type { LatencyPercentile } from '../../client/tally.ts';
import type { RunReport } from '../run-report.ts';
import { roundToTenth } from './history.tsx';

/**
 * The cumulative distribution of latencies, one panel per mode. All panels share one logarithmic scale, and each shows the
 * first mode's curve behind its own, for comparison.
 */
export function Latencies({ runs }: { readonly runs: readonly RunReport[] }): JSX.Element {
  const times = runs.flatMap(({ latencyPercentiles }) => latencyPercentiles.map(({ ms }) => ms)).filter((ms) => ms > 0);
  if (times.length === 0) return <p>No request was answered.</p>;
  // Whole decades: one, if all times are the same power of ten.
  const [least, most] = [Math.min(...times), Math.max(...times)];
  const scale = scaleLog([least, Math.max(most, 1.01 * least)], [0, 100]).nice();
  const [reference] = runs;
  return (
    <div class="panels">
      {runs.map((run) => (
        <Panel key={run.mode} run={run} reference={run === reference ? undefined : reference} scale={scale} />
      ))}
    </div>
  );
}

interface PanelProps {
  readonly run: RunReport;
  readonly reference: RunReport | undefined;
  /** From milliseconds to percent of the width. */
  readonly scale: ScaleLogarithmic<number, number>;
}

function Panel({ run: { mode, latencyPercentiles, latencyMs }, reference, scale }: PanelProps): JSX.Element {
  const own = curveOf(latencyPercentiles, scale);
  const decades = scale.ticks().filter((tick) => Number.isInteger(Math.log10(tick)));
  const placed = decades.map((tick) => ({ tick, x: roundToTenth(scale(tick)) }));
  const longest = latencyPercentiles.at(-1)?.ms;
  const marks = [
    { percent: 50, ms: latencyMs.p50 },
    { percent: 99, ms: latencyMs.p99 },
  ].filter(({ ms }) => ms > 0);
  return (
    <figure class="panel">
      <figcaption>
        {mode}
        {reference && <small> dashed: {reference.mode}</small>}
      </figcaption>
      <div class="plot" aria-hidden="true">
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="presentation">
          {placed.map(({ x }) => (
            <line key={x} class="grid" x1={x} y1="0" x2={x} y2="100" />
          ))}
          <line class="grid" x1="0" y1="50" x2="100" y2="50" />
          <polygon class="area" points={`${own} 100,100`} />
          {reference && <polyline class="reference" points={curveOf(reference.latencyPercentiles, scale)} />}
          <polyline class="curve" points={own} />
        </svg>
        <span class="share" style={{ top: '0%' }}>
          100 %
        </span>
        <span class="share" style={{ top: '50%' }}>
          50 %
        </span>
        {marks.map(({ percent, ms }) => (
          <span key={percent} class="dot" style={{ left: `${roundToTenth(scale(ms))}%`, top: `${100 - percent}%` }} />
        ))}
      </div>
      <div class="axis" aria-hidden="true">
        {placed.map(({ tick, x }) => (
          <span key={tick} style={{ left: `${x}%` }}>
            {tick}
          </span>
        ))}
      </div>
      <p>
        {longest === undefined
          ? 'no request was answered'
          : `half within ${inMs(latencyMs.p50)}, 99 % within ${inMs(latencyMs.p99)}, all within ${inMs(longest)} ms`}
      </p>
    </figure>
  );
}

/** The points of a curve from the left edge to the right one: percent of the time scale, percent from the top. */
function curveOf(percentiles: readonly LatencyPercentile[], scale: PanelProps['scale']): string {
  const points = percentiles
    .filter(({ ms }) => ms > 0)
    .map(({ percent, ms }) => `${roundToTenth(scale(ms))},${roundToTenth(100 - percent)}`);
  return ['0,100', ...points, points.length > 0 ? '100,0' : '100,100'].join(' ');
}

const inMs = (ms: number) => ms.toFixed(ms < 100 ? 1 : 0);
