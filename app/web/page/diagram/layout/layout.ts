import type { Bar } from '../../trace/bars.ts';
import type { Trace } from '../../trace/steps.ts';
import { barItems, type PlacedBar, placeBars, widestFaultLabel } from './bars.ts';
import { type Item, type Lane, type LaneKind, type LaneTitle, stackLanes } from './lanes.ts';
import { type LostUpdate, labelLostUpdates, placeLostUpdates, widestLostLabel } from './lost-updates.ts';
import { type Mark, placeMarks } from './marks.ts';
import { asking, type Message, placeMessages } from './messages.ts';
import { type Axis, type PlacedTrace, type Placement, placed } from './place.ts';
import { placeInOrder } from './place-in-order.ts';
import { placeInTime } from './place-in-time.ts';
import { lockRowOf, rowOf, touchesRow, userRowOf } from './rows.ts';
import { axisHeight, margin } from './sizes.ts';
import { findSpans, type Span } from './spans.ts';
import type { TimeAt } from './ticks.ts';
import { placeVersions, type VersionSpan } from './versions.ts';
import { placeWindows, type Window } from './windows.ts';

export type Scale = 'time' | 'order';

export interface Wish {
  readonly scale: Scale;
  /** The width that there is for the picture, in CSS pixels: at zoom 1 it fits, if it can. */
  readonly room: number;
  readonly zoom: number;
}

/** Everything that is drawn, and where, in CSS pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly axis: Axis;
  /** Where times stand, from left to right; others are between them. */
  readonly times: readonly TimeAt[];
  readonly lanes: readonly Lane[];
  /** One for each step, in order. */
  readonly marks: readonly Mark[];
  readonly spans: readonly (Span & { readonly y: number })[];
  readonly windows: readonly Window[];
  readonly versions: readonly VersionSpan[];
  readonly messages: readonly Message[];
  readonly lost: readonly LostUpdate[];
  readonly bars: readonly PlacedBar[];
}

/** What there is at the end goes on for a while, so that it can be read. */
const afterwards = 44;

/** Lays the picture out: a pure function of the trace and of the room that there is. */
export function layOut(trace: Trace, wish: Wish): Layout {
  return layOutTogether([trace], wish)[0] as Layout;
}

/** Lays several traces out on one axis. @returns a layout for each, all of the same width. */
export function layOutTogether(traces: readonly Trace[], { scale, room, zoom }: Wish): readonly Layout[] {
  const wanted = Math.max(1, room - 2 * margin - afterwards);
  const telling = new Set(traces.flatMap(({ anomalies: [first] }) => [first?.read, first?.write, first?.lostWrite]));
  const besides = traces.flatMap(({ bars }) => bars.flatMap(timesOf));
  const place = scale === 'time' ? placeInTime : placeInOrder;
  const placements = place({ runs: traces.map(({ steps }) => steps), wanted, zoom, telling, besides });
  const width = (placements[0]?.width ?? 0) + afterwards;
  const roomForLabels = room - 2 * margin;
  const right =
    margin +
    Math.max(
      width,
      ...traces.flatMap((trace) => [widestLostLabel(trace, roomForLabels), widestFaultLabel(trace.bars)]),
    );
  return traces.map((trace, index) => draw(trace, placements[index] as Placement, right, roomForLabels));
}

/** When a bar begins and ends. */
const timesOf = ({ kind, fromMs, toMs = fromMs }: Bar) => (kind === 'remark' ? [] : [fromMs, toMs]);

function draw(whole: Trace, placement: Placement, right: number, roomForLabels: number): Layout {
  const trace = placed(whole, placement, right);
  const spans = findSpans(trace);
  const labels = labelLostUpdates(trace, roomForLabels);
  const items = [...itemsOf(trace), ...[...spans, ...labels].map(itemOf), ...barItems(trace)];
  const stack = stackLanes(items, titlesFor(trace), axisHeight);
  return {
    width: right + margin,
    height: stack.bottom,
    axis: placement.axis,
    times: placement.times,
    lanes: stack.lanes,
    marks: placeMarks(trace, stack),
    spans: spans.map((span) => ({ ...span, y: stack.yOf(span.row) })),
    windows: placeWindows(trace, stack),
    versions: placeVersions(trace, stack),
    messages: placeMessages(trace, stack),
    lost: placeLostUpdates(trace, labels, stack),
    bars: placeBars(trace, stack),
  };
}

const itemOf = ({ row, left, right }: Pick<Span, 'row' | 'left' | 'right'>): Item => ({ ...row, left, right });

/** What takes room in the lanes: each step where it is drawn, and where it meets another lane. */
function itemsOf({ steps, extentOf, xOf, left, right }: PlacedTrace): readonly Item[] {
  return steps.flatMap((step): Item[] => [
    { ...rowOf(step), ...extentOf(step) },
    // The row of a user has its versions in it from end to end.
    ...(touchesRow(step) ? [{ ...userRowOf(step.event.userId), left, right }] : []),
    // A lock request takes no room, but needs the lane.
    ...(step.event.step === 'waiting' ? [{ ...lockRowOf(step), owner: asking, left: 0, right: 0 }] : []),
    ...(step.event.step === 'granted' ? [{ ...lockRowOf(step), left: xOf(step), right: xOf(step) }] : []),
  ]);
}

function titlesFor({ requests }: Trace): (kind: LaneKind, lane: string) => LaneTitle {
  return (kind, lane) => {
    const request = requests.find(({ requestId }) => requestId === lane);
    switch (kind) {
      case 'request':
        return { title: `${request?.name} ${request?.kind}`, note: `user ${request?.userId}` };
      case 'instance':
        return { title: lane, note: '' };
      case 'redis':
        return lane === 'redis' ? { title: 'Redis', note: 'locks' } : { title: lane, note: 'Redis' };
      case 'fault':
        return { title: '▼ Faults', note: '' };
      case 'lost':
        return { title: '✕ Lost', note: 'updates' };
      case 'mysql':
        return { title: 'MySQL', note: 'user row' };
    }
  };
}
