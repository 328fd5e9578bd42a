import type { AnswersInBucket, AnswersOverTime } from '../../../faults/evidence/load-result.ts';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { coordinate } from '../arrow.ts';
import { html, type Markup } from '../markup.ts';

const height = 120;
const axisHeight = 20;

/** The answers of a load over time: a stacked bar per bucket, and the fault as a band to the same scale. */
export function renderLoadChart(load: AnswersOverTime, timeline: readonly TimelineEvent[]): Markup {
  const { fromMs, bucketMs, buckets } = load;
  const lastsMs = buckets.length * bucketMs;
  const most = Math.max(1, ...buckets.map(sumOf));
  const bands = bandsOf(timeline).map((band) => ({
    fromMs: Math.max(0, band.fromMs - fromMs),
    toMs: Math.min(lastsMs, (band.toMs ?? Number.POSITIVE_INFINITY) - fromMs),
  }));
  const total = buckets.reduce(add, { carriedOut: 0, refused: 0, unknown: 0 });
  return html`<figure class="load">
<figcaption>Answers per ${bucketMs} ms, ${most} at the most${describeBands(bands)}</figcaption>
<svg class="timeline" role="img" width="100%" height="${height + axisHeight}" aria-label="${inWords(total)}">
${bands.map((band) => drawBand(band, lastsMs))}
${buckets.map((bucket, index) => drawBucket(bucket, index, buckets.length, most))}
<line class="axis" x1="0" y1="${height}" x2="100%" y2="${height}"/>
<text class="scale" x="0" y="${height + 14}">0 ms</text><text class="scale" x="100%" y="${height + 14}" text-anchor="end">${lastsMs.toLocaleString('en')} ms</text>
</svg>
<ul class="keys"><li><span class="key carried-out"></span> carried out: ${total.carriedOut.toLocaleString('en')}</li> <li><span class="key refused"></span> refused: ${total.refused.toLocaleString('en')}</li> <li><span class="key unknown"></span> outcome unknown: ${total.unknown.toLocaleString('en')}</li></ul>
</figure>`;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function describeBands(bands: readonly Span[]): string {
  const [first] = bands;
  if (!first) return '';
  const inMs = (ms: number) => Math.round(ms).toLocaleString('en');
  if (bands.length > 1) return `; the ${bands.length} framed bands are the faults`;
  return `; the fault lasts from ${inMs(first.fromMs)} to ${inMs(first.toMs)} ms`;
}

function drawBand({ fromMs, toMs }: Span, lastsMs: number): Markup {
  const percentOf = (ms: number) => coordinate((100 * ms) / lastsMs);
  return html`<rect class="band" x="${percentOf(fromMs)}%" y="0" width="${percentOf(Math.max(0, toMs - fromMs))}%" height="${height}"/>`;
}

const sumOf = ({ carriedOut, refused, unknown }: AnswersInBucket) => carriedOut + refused + unknown;
const add = (a: AnswersInBucket, b: AnswersInBucket): AnswersInBucket => ({
  carriedOut: a.carriedOut + b.carriedOut,
  refused: a.refused + b.refused,
  unknown: a.unknown + b.unknown,
});
const inWords = ({ carriedOut, refused, unknown }: AnswersInBucket) =>
  `${carriedOut} calls carried out, ${refused} refused, ${unknown} of unknown outcome.`;

/** Stacks carried-out, refused and unknown calls from the bottom. */
function drawBucket(bucket: AnswersInBucket, index: number, count: number, most: number): Markup[] {
  const width = coordinate((100 / count) * 0.8);
  const x = Math.round((10_000 * index) / count) / 100;
  let bottom = height;
  const bars: Markup[] = [];
  for (const [style, calls] of [
    ['carried-out', bucket.carriedOut],
    ['refused', bucket.refused],
    ['unknown', bucket.unknown],
  ] as const) {
    if (calls === 0) continue;
    const tall = (height * calls) / most;
    bottom -= tall;
    bars.push(
      html`<rect class="${style}" x="${x}%" y="${coordinate(bottom)}" width="${width}%" height="${coordinate(tall)}"/>`,
    );
  }
  return bars;
}

/** @returns when each fault began and was healed; without an end, it lasts as long as the load. */
function bandsOf(timeline: readonly TimelineEvent[]): { fromMs: number; toMs?: number }[] {
  return timeline.flatMap((event) => {
    if (event.kind !== 'fault') return [];
    const healed = timeline.find((other) => other.kind === 'healed' && other.fault === event.fault);
    return [{ fromMs: event.atMs, ...(healed && { toMs: healed.atMs }) }];
  });
}
