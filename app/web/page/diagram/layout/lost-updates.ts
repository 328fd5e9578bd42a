import { formatVersion } from '../../format.ts';
import type { Anomaly } from '../../trace/anomalies.ts';
import { describeStaleWrite } from '../../trace/stale-write.ts';
import type { Step } from '../../trace/steps.ts';
import type { Item, LaneStack } from './lanes.ts';
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
  /** How long its request relied on what it had read. */
  readonly relied?: Extent & { readonly y: number };
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const padding = 16;
/** With more of them, only the first has its full text. */
const mostInFull = 3;

/** The width of the widest label; the picture is no narrower. */
export function widestLostLabel({ anomalies }: Pick<PlacedTrace, 'anomalies'>): number {
  return Math.max(0, ...anomalies.map((anomaly, index) => widthOf(textOf(anomaly, index, anomalies.length))));
}

const widthOf = (text: string) => text.length * letterWidth.lost + 2 * padding;

function textOf({ write, lostWrite }: Anomaly, index: number, all: number): string {
  if (index === 0 || all <= mostInFull) return `✕ ${describeStaleWrite(write, lostWrite)}`;
  return `✕ ${formatVersion(write.overwrote ?? 0, lostWrite?.paid)} is lost`;
}

/** The labels of the lost updates, each half way between what its arrow joins. */
export function labelLostUpdates(trace: PlacedTrace): readonly LostLabel[] {
  const { anomalies, xOf, left: leftmost, right: rightmost } = trace;
  return anomalies.flatMap((anomaly, index): LostLabel | [] => {
    const { read, target, write } = joinedBy(trace, anomaly);
    if (!write) return [];
    const text = textOf(anomaly, index, anomalies.length);
    const middle = (xOf(read ?? write) + xOf(target ?? write)) / 2;
    const left = Math.max(leftmost, Math.min(rightmost - widthOf(text), middle - widthOf(text) / 2));
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
    const relied = { left: trace.extentOf(read).right, right: trace.extentOf(write).left, y: readY };
    // An arrow goes on in time. A read that came after what its write destroyed is no cause of it: the trace is untrue.
    if (!target || target.column <= read.column) return { ...label, write, y, relied };
    const from = { x: trace.extentOf(read).right - 8, y: readY + half.span };
    const to = { x: trace.xOf(target), y: stack.yOf(userRowOf(target.event.userId)) - half.version };
    return { ...label, write, y, relied, arrow: { from, to } };
  });
}

interface Joined {
  readonly read: Step | undefined;
  readonly target: Step | undefined;
  readonly write: Step | undefined;
}

/** The steps of a lost update that are shown. Where the destroyed write is not, the arrow points at the one that did it. */
function joinedBy({ steps }: PlacedTrace, { read, lostWrite, write }: Anomaly): Joined {
  const stepOf = (event: Anomaly['read']) => (event ? steps.find((step) => step.event === event) : undefined);
  return { read: stepOf(read), target: stepOf(lostWrite) ?? stepOf(write), write: stepOf(write) };
}

/** What the labels need of the lanes. */
export function lostItems(labels: readonly LostLabel[]): readonly Item[] {
  return labels.map(({ row, left, right }) => ({ ...row, left, right }));
}
