import type { JSX } from 'preact';
import type { AnswersInBucket, AnswersOverTime } from '../../../faults/evidence/load-result.ts';
import type { TimelineEvent } from '../../../faults/evidence/timeline.ts';
import { roundToTenth, TimeScale } from '../history.tsx';

const height = 120;
const axisHeight = 20;
/** From the bottom of a bar. */
const kinds = [
  ['carriedOut', 'carried-out', 'carried out'],
  ['refused', 'refused', 'refused'],
  ['unknown', 'unknown', 'outcome unknown'],
] as const;

export interface LoadChartProps {
  readonly load: AnswersOverTime;
  readonly timeline: readonly TimelineEvent[];
}

/** The answers of a load over time: a stacked bar per bucket, and the fault as a band to the same scale. */
export function LoadChart({ load: { fromMs, bucketMs, buckets }, timeline }: LoadChartProps): JSX.Element {
  const lastsMs = buckets.length * bucketMs;
  const most = Math.max(1, ...buckets.map(({ carriedOut, refused, unknown }) => carriedOut + refused + unknown));
  const faults = timeline.flatMap((event) => {
    if (event.kind !== 'fault') return [];
    // Without an end, it lasts as long as the load.
    const healed = timeline.find((other) => other.kind === 'healed' && other.fault === event.fault);
    const toMs = Math.min(lastsMs, (healed?.atMs ?? Number.POSITIVE_INFINITY) - fromMs);
    return { fromMs: Math.max(0, event.atMs - fromMs), toMs };
  });
  const totals = kinds.map(([kind, style, text]) => {
    const total = buckets.reduce((sum, bucket) => sum + bucket[kind], 0);
    return { style, text: `${text}: ${total.toLocaleString('en')}` };
  });
  const percentOf = (ms: number) => `${roundToTenth((100 * ms) / lastsMs)}%`;
  return (
    <figure class="load">
      <figcaption>
        Answers per {bucketMs} ms, {most} at the most{describeFaults(faults)}
      </figcaption>
      <svg width="100%" height={height + axisHeight} role="img" aria-label={totals.map(({ text }) => text).join(', ')}>
        {faults.map((fault) => (
          <rect
            key={fault.fromMs}
            class="band"
            x={percentOf(fault.fromMs)}
            width={percentOf(Math.max(0, fault.toMs - fault.fromMs))}
            height={height}
          />
        ))}
        {buckets.map((bucket, index) => (
          <Bucket
            key={index}
            bucket={bucket}
            x={(100 * index) / buckets.length}
            width={80 / buckets.length}
            most={most}
          />
        ))}
        <line class="axis" y1={height} x2="100%" y2={height} />
        <TimeScale y={height + 14} toMs={lastsMs.toLocaleString('en')} />
      </svg>
      <ul class="keys">
        {totals.map(({ style, text }) => (
          <li key={style}>
            <span class={`key ${style}`} /> {text}
          </li>
        ))}
      </ul>
    </figure>
  );
}

function describeFaults([first, ...others]: readonly { readonly fromMs: number; readonly toMs: number }[]): string {
  if (!first) return '';
  const inMs = (ms: number) => Math.round(ms).toLocaleString('en');
  if (others.length > 0) return `; the ${others.length + 1} framed bands are the faults`;
  return `; the fault lasts from ${inMs(first.fromMs)} to ${inMs(first.toMs)} ms`;
}

interface BucketProps {
  readonly bucket: AnswersInBucket;
  /** In percent, as is the width. */
  readonly x: number;
  readonly width: number;
  readonly most: number;
}

function Bucket({ bucket, x, width, most }: BucketProps): JSX.Element {
  let top = height;
  return (
    <>
      {kinds.map(([kind, style]) => {
        const tall = (height * bucket[kind]) / most;
        top -= tall;
        if (tall === 0) return undefined;
        const [y, own] = [roundToTenth(top), roundToTenth(tall)];
        return (
          <rect key={kind} class={style} x={`${x.toFixed(2)}%`} y={y} width={`${width.toFixed(2)}%`} height={own} />
        );
      })}
    </>
  );
}
