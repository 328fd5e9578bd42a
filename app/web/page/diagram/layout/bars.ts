import type { Bar, FaultBar } from '../../trace/bars.ts';
import { fitting } from './labels.ts';
import type { Item, LaneStack, Row } from './lanes.ts';
import type { Extent, PlacedTrace } from './place.ts';
import { executionRowOf } from './rows.ts';
import { letterWidth } from './sizes.ts';

/** What lasts beside the steps, as it is drawn. */
export interface PlacedBar extends Extent {
  readonly kind: Bar['kind'];
  readonly y: number;
  readonly label: string;
  /** True if it is not over. */
  readonly isOpen: boolean;
  /** The lanes that a fault hits. */
  readonly hits: readonly { readonly top: number; readonly height: number }[];
}

const padding = 6;
/** A shorter hold of the step control says nothing. */
const least = 8;
const widthOf = (label: string) => label.length * letterWidth.label + 2 * padding;
const isFault = (bar: Bar): bar is FaultBar => bar.kind === 'fault';

/** The width of the longest label of a fault; the picture is no narrower. */
export function widestFaultLabel(bars: readonly Bar[]): number {
  return Math.max(0, ...bars.filter(isFault).map(({ what }) => widthOf(what)));
}

/** The room that bars take in their lanes: that of a fault has the whole label. A server that is hit has a lane. */
export function barItems(trace: PlacedTrace): readonly Item[] {
  return drawn(trace).flatMap(({ bar, row, left, right }): Item[] => {
    if (!isFault(bar)) return [{ ...row, left, right }];
    const hit = bar.hits.map((name): Item => ({ ...laneOf(name), owner: 'hit', left: 0, right: 0 }));
    return [{ ...row, left, right: Math.max(right, left + widthOf(bar.what)) }, ...hit];
  });
}

/** The bars, where the lanes are known. */
export function placeBars(trace: PlacedTrace, stack: LaneStack): readonly PlacedBar[] {
  return drawn(trace).map(({ bar, row, left, right }) => ({
    kind: bar.kind,
    left,
    right,
    y: stack.yOf(row),
    label: labelOf(bar, right - left, trace),
    isOpen: bar.toMs === undefined,
    hits: isFault(bar)
      ? stack.lanes.filter(({ kind, id }) => bar.hits.some((name) => laneOf(name).kind === kind && name === id))
      : [],
  }));
}

interface Drawn extends Extent {
  readonly bar: Bar;
  readonly row: Row;
}

function drawn(trace: PlacedTrace): readonly Drawn[] {
  return trace.bars.flatMap((bar, index): Drawn | [] => {
    const row = rowOf(bar, index, trace);
    if (!row) return [];
    const left = trace.xAt(bar.fromMs);
    const right = bar.toMs === undefined ? trace.right : Math.max(left + 2, trace.xAt(bar.toMs));
    if (bar.kind === 'held' && right - left < least) return [];
    // A fault at the end: its label is moved to the left, into the picture.
    return isFault(bar)
      ? { bar, row, left: Math.min(left, trace.right - widthOf(bar.what)), right }
      : { bar, row, left, right };
  });
}

function rowOf(bar: Bar, index: number, { requests }: PlacedTrace): Row | undefined {
  switch (bar.kind) {
    case 'fault':
      return { kind: 'fault', lane: 'fault', owner: `fault ${index}` };
    case 'lease':
      return { kind: 'redis', lane: bar.node, owner: `lease ${index}` };
    case 'held': {
      const request = requests.find(({ requestId }) => requestId === bar.requestId);
      return request && executionRowOf(request);
    }
    case 'remark':
      return undefined;
  }
}

/** The lane of an instance or a server. */
function laneOf(name: string): Pick<Row, 'kind' | 'lane'> {
  const kind = name === 'mysql' ? 'mysql' : name.startsWith('app-') ? 'instance' : 'redis';
  return { kind, lane: name };
}

function labelOf(bar: Bar, room: number, { requests }: PlacedTrace): string {
  if (bar.kind === 'fault') return bar.what;
  if (bar.kind === 'remark') return '';
  const name = requests.find(({ requestId }) => requestId === bar.requestId)?.name ?? '?';
  const labels =
    bar.kind === 'held'
      ? [`${name} is held before its ${bar.before}`, `${name} held before ${bar.before}`, `${name} held`, '']
      : [`${name} holds the lock${bar.end ? `, ${bar.end}` : ''}`, `${name} holds the lock`, `${name} holds`, name];
  return fitting(labels, room - 2 * padding);
}
