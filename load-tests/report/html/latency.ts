import type { LatencyPercentile } from '../../client/tally.ts';
import type { RunReport } from '../run-report.ts';
import { coordinate } from './arrow.ts';
import { type LogScale, logScale } from './log-scale.ts';
import { html, type Markup } from './markup.ts';

/**
 * The cumulative distribution of latencies, one panel per mode. All panels share one logarithmic scale, and each shows the
 * first mode's curve behind its own, for comparison.
 */
export function renderLatencies(runs: readonly RunReport[]): Markup {
  const times = runs.flatMap(({ latencyPercentiles }) => latencyPercentiles.map(({ ms }) => ms)).filter((ms) => ms > 0);
  if (times.length === 0) return html`<p>No request was answered.</p>`;
  const scale = logScale(times);
  const [reference] = runs;
  const panels = runs.map((run) => renderPanel(run, run === reference ? undefined : reference, scale));
  return html`<div class="panels">${panels}</div>`;
}

function renderPanel(
  { mode, latencyPercentiles, latencyMs }: RunReport,
  reference: RunReport | undefined,
  scale: LogScale,
): Markup {
  const own = curveOf(latencyPercentiles, scale);
  const lines = scale.ticks.map((tick) => coordinate(scale.percentOf(tick)));
  const longest = latencyPercentiles.at(-1)?.ms;
  const marks = [
    { percent: 50, ms: latencyMs.p50 },
    { percent: 99, ms: latencyMs.p99 },
  ].filter(({ ms }) => ms > 0);
  return html`<figure class="panel">
<figcaption>${mode}${reference && html` <small>dashed: ${reference.mode}</small>`}</figcaption>
<div class="plot" aria-hidden="true">
<svg viewBox="0 0 100 100" preserveAspectRatio="none">
${lines.map((x) => html`<line class="grid" x1="${x}" y1="0" x2="${x}" y2="100"/>`)}<line class="grid" x1="0" y1="50" x2="100" y2="50"/>
<polygon class="area" points="${own} 100,100"/>
${reference && html`<polyline class="reference" points="${curveOf(reference.latencyPercentiles, scale)}"/>`}
<polyline class="curve" points="${own}"/>
</svg>
<span class="share" style="top: 0%">100 %</span><span class="share" style="top: 50%">50 %</span>
${marks.map(({ percent, ms }) => html`<span class="dot" style="left: ${coordinate(scale.percentOf(ms))}%; top: ${100 - percent}%"></span>`)}
</div>
<div class="axis" aria-hidden="true">${scale.ticks.map((tick, index) => html`<span style="left: ${lines[index]}%">${tick}</span>`)}</div>
<p>${
    longest === undefined
      ? 'no request was answered'
      : `half within ${inMs(latencyMs.p50)}, 99 % within ${inMs(latencyMs.p99)}, all within ${inMs(longest)} ms`
  }</p>
</figure>`;
}

/** The points of a curve from the left edge to the right one: percent of the time scale, percent from the top. */
function curveOf(percentiles: readonly LatencyPercentile[], { percentOf }: LogScale): string {
  const points = percentiles
    .filter(({ ms }) => ms > 0)
    .map(({ percent, ms }) => `${coordinate(percentOf(ms))},${coordinate(100 - percent)}`);
  return ['0,100', ...points, points.length > 0 ? '100,0' : '100,100'].join(' ');
}

const inMs = (ms: number) => ms.toFixed(ms < 100 ? 1 : 0);
