import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { formatVersion } from '../../format.ts';
import type { Anomaly } from '../../trace/anomalies.ts';
import type { TracedRequest } from '../../trace/requests.ts';
import { describeStaleWrite } from '../../trace/stale-write.ts';
import type { Step, Trace } from '../../trace/steps.ts';
import type { LaneStack, Row } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { rowOf, userRowOf } from './rows.ts';
import { half, letterWidth } from './sizes.ts';

/** A lost update, with the room that its label takes. */
export interface LostLabel extends Extent {
  readonly anomaly: Anomaly;
  readonly text: string;
  readonly row: Row;
  readonly write: Step;
  /** The read that the write relied on; absent if it is not shown. */
  readonly read: Step | undefined;
  /** The write that was destroyed; where that is not shown, the one that did it. */
  readonly target: Step;
}

/** A lost update as it is drawn. */
export interface LostUpdate extends LostLabel {
  readonly y: number;
  /** From the read to the write that was destroyed; absent when the read, or that it came first, is not in the trace. */
  readonly arrow?: { readonly from: Point; readonly to: Point };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const padding = 12;
/** With more of them, each has a short text, so that they take fewer rows. */
const mostInFull = 6;

/** The width of the widest label; the picture is no narrower. @param room what can be seen at once, in the picture's pixels. */
export function widestLostLabel({ anomalies, requests }: Trace, room: number): number {
  return Math.max(0, ...textsOf(anomalies, requests, room).map(widthOf));
}

const widthOf = (text: string) => text.length * letterWidth.lost + 2 * padding;

/** In full where that can be seen at once. The versions are unique; of several writers, each has its name. */
function textsOf(anomalies: readonly Anomaly[], requests: readonly TracedRequest[], room: number): readonly string[] {
  const nameOf = (event: TraceEvent | undefined) =>
    requests.find(({ requestId }) => requestId === event?.requestId)?.name ?? '';
  const isOne = anomalies.length === 1;
  const full = anomalies.map(({ write, lostWrite }) => {
    return `✕ ${isOne ? '' : `${nameOf(write)} `}${describeStaleWrite(write, lostWrite)}`;
  });
  const short = anomalies.map(({ write, lostWrite }) => {
    return `✕ ${formatVersion(write.overwrote ?? 0, lostWrite?.paid)} is lost`;
  });
  const shortest = anomalies.map(({ write }) => `✕ v${write.overwrote ?? 0} is lost`);
  const fitting = (texts: readonly string[]) => texts.every((text) => widthOf(text) <= room);
  return [...(full.length <= mostInFull ? [full] : []), short].find(fitting) ?? shortest;
}

/**
 * The labels of the lost updates, each under the version that is lost, or under the write that destroys it if one cannot
 * see both at once. They are below the arrows, so that none crosses them.
 */
export function labelLostUpdates(trace: PlacedTrace, room: number): readonly LostLabel[] {
  const { anomalies, requests, steps, xOf, left: leftmost, right: rightmost } = trace;
  const stepOf = (event: TraceEvent | undefined) => event && steps.find((step) => step.event === event);
  const texts = textsOf(anomalies, requests, room);
  return anomalies.flatMap((anomaly, index): LostLabel | [] => {
    const write = stepOf(anomaly.write);
    if (!write) return [];
    const target = stepOf(anomaly.lostWrite) ?? write;
    const text = texts[index] ?? '';
    const [lostAt, end] = [xOf(target), trace.extentOf(write).right];
    const from = end - lostAt > room ? end - widthOf(text) : lostAt;
    const left = Math.max(leftmost, Math.min(rightmost - widthOf(text), from));
    const row: Row = { kind: 'lost', lane: 'lost', owner: anomaly.write.id };
    const right = left + widthOf(text);
    return { anomaly, text, row, write, read: stepOf(anomaly.read), target, left, right };
  });
}

/** The lost updates, where the lanes are known. */
export function placeLostUpdates(
  trace: PlacedTrace,
  labels: readonly LostLabel[],
  stack: LaneStack,
): readonly LostUpdate[] {
  return labels.map((label): LostUpdate => {
    const { read, target } = label;
    const y = stack.yOf(label.row);
    // An arrow goes on in time. A read that came after what its write destroyed is no cause of it: the trace is untrue.
    if (!read || target.column <= read.column) return { ...label, y };
    const from = { x: trace.extentOf(read).right - 8, y: stack.yOf(rowOf(read)) + half.span };
    const to = { x: trace.xOf(target), y: stack.yOf(userRowOf(target.event.userId)) - half.version };
    return { ...label, y, arrow: { from, to } };
  });
}
