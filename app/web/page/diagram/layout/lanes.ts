import type { Extent } from './place.ts';

export type LaneKind = (typeof kinds)[number][0];

/** A lane of the picture: one party, or the place where lost updates are named. */
export interface Lane {
  readonly kind: LaneKind;
  /** A request's id, an instance's name; one of a kind otherwise. */
  readonly id: string;
  readonly title: string;
  /** Beneath the title, in small letters. */
  readonly note: string;
  readonly top: number;
  readonly height: number;
}

/** Where something is drawn: a row of a lane. What has the same owner shares a row. */
export interface Row {
  readonly kind: LaneKind;
  readonly lane: string;
  readonly owner: string;
}

/** Something that takes room in a lane. */
export interface Item extends Row, Extent {}

/** The lanes from the top down. */
export interface LaneStack {
  readonly lanes: readonly Lane[];
  /** The middle of an owner's row. */
  readonly yOf: (row: Row) => number;
  /** The same; undefined when there is no such row. */
  readonly find: (row: Row) => number | undefined;
  readonly bottom: number;
}

export type LaneTitle = Pick<Lane, 'title' | 'note'>;

/** From the top down, with the heights of their rows. */
const kinds = [
  ['fault', 34],
  ['request', 38],
  ['instance', 46],
  ['redis', 46],
  ['mysql', 46],
  ['lost', 42],
] as const;
const betweenLanes = 4;
const betweenItems = 2;

/** Stacks the lanes that are used, each with as many rows as keep its items apart. */
export function stackLanes(
  items: readonly Item[],
  titleOf: (kind: LaneKind, lane: string) => LaneTitle,
  top: number,
): LaneStack {
  const lanes: Lane[] = [];
  const ys = new Map<string, number>();
  let y = top;
  for (const [kind, height] of kinds) {
    const ofKind = items.filter((item) => item.kind === kind);
    for (const lane of namesOf(kind, ofKind)) {
      const rowOf = pack(ofKind.filter((item) => item.lane === lane));
      const rows = Math.max(...rowOf.values()) + 1;
      for (const [owner, row] of rowOf) ys.set(`${kind} ${lane} ${owner}`, y + (row + 0.5) * height);
      lanes.push({ kind, id: lane, ...titleOf(kind, lane), top: y, height: rows * height });
      y += rows * height + betweenLanes;
    }
  }
  const find: LaneStack['find'] = ({ kind, lane, owner }) => ys.get(`${kind} ${lane} ${owner}`);
  return { lanes, find, yOf: (row) => find(row) ?? top, bottom: y };
}

/** Requests as they came, the others by name: app-2 before app-10. */
function namesOf(kind: LaneKind, items: readonly Item[]): readonly string[] {
  const names = [...new Set(items.map(({ lane }) => lane))];
  return kind === 'request' ? names : names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** @returns the row of each owner: the first without an overlap. */
function pack(items: readonly Item[]): ReadonlyMap<string, number> {
  const needs = new Map<string, Extent>();
  for (const { owner, left, right } of items) {
    const known = needs.get(owner) ?? { left, right };
    needs.set(owner, { left: Math.min(left, known.left), right: Math.max(right, known.right) });
  }
  const rowEnds: number[] = [];
  const rowOf = new Map<string, number>();
  for (const [owner, { left, right }] of [...needs].sort(([, a], [, b]) => a.left - b.left)) {
    const free = rowEnds.findIndex((end) => end + betweenItems <= left);
    const row = free === -1 ? rowEnds.length : free;
    rowEnds[row] = right;
    rowOf.set(owner, row);
  }
  return rowOf;
}
