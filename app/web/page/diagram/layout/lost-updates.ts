import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { formatVersion } from '../../format.ts';
import type { Anomaly } from '../../trace/anomalies.ts';
import type { TracedRequest } from '../../trace/requests.ts';
import { describeStaleWrite } from '../../trace/stale-write.ts';
import type { Step, Trace } from '../../trace/steps.ts';
import type { LaneStack } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { type Row, rowOf, userRowOf } from './rows.ts';
import { half, letterWidth } from './sizes.ts';

/** A lost update, with the room that its label takes. */
export interface LostLabel extends Extent {
  readonly anomaly: Anomaly;
  readonly text: string;
  readonly row: Row;
}

/** A lost update as it is drawn. */
export interface LostUpdate extends LostLabel {
  readonly write: Step;
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
  const { anomalies, requests, xOf, left: leftmost, right: rightmost } = trace;
  const texts = textsOf(anomalies, requests, room);
  return anomalies.flatMap((anomaly, index): LostLabel | [] => {
    const { target, write } = joinedBy(trace, anomaly);
    if (!write) return [];
    const text = texts[index] ?? '';
    const [lostAt, end] = [xOf(target ?? write), trace.extentOf(write).right];
    const from = end - lostAt > room ? end - widthOf(text) : lostAt;
    const left = Math.max(leftmost, Math.min(rightmost - widthOf(text), from));
    const row: Row = { kind: 'lost', lane: 'lost', owner: anomaly.write.id };
    return { anomaly, text, row, left, right: left + widthOf(text) };
  });
}

/** The lost updates, where the lanes are known. */
export function placeLostUpdates(
  trace: PlacedTrace,
  labels: readonly LostLabel[],
  stack: LaneStack,
): readonly LostUpdate[] {
  return labels.flatMap((label): LostUpdate | [] => {
    const { read, target, write } = joinedBy(trace, label.anomaly);
    if (!write) return [];
    const y = stack.yOf(label.row);
    if (!read) return { ...label, write, y };
    const readY = stack.yOf(rowOf(read));
    // An arrow goes on in time. A read that came after what its write destroyed is no cause of it: the trace is untrue.
    if (!target || target.column <= read.column) return { ...label, write, y };
    const from = { x: trace.extentOf(read).right - 8, y: readY + half.span };
    const to = { x: trace.xOf(target), y: stack.yOf(userRowOf(target.event.userId)) - half.version };
    return { ...label, write, y, arrow: { from, to } };
  });
}

type Joined = Readonly<Record<'read' | 'target' | 'write', Step | undefined>>;

/** The steps of a lost update that are shown. Where the destroyed write is not, the arrow points at the one that did it. */
function joinedBy({ steps }: PlacedTrace, { read, lostWrite, write }: Anomaly): Joined {
  const stepOf = (event: Anomaly['read']) => (event ? steps.find((step) => step.event === event) : undefined);
  return { read: stepOf(read), target: stepOf(lostWrite) ?? stepOf(write), write: stepOf(write) };
}
