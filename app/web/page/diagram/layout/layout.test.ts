import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../../lab/trace/event.ts';
import { randomTrace } from '../../fixtures/random-trace.ts';
import { situations } from '../../fixtures/situations.ts';
import { traceBuilder } from '../../fixtures/trace-builder.ts';
import type { Bar } from '../../trace/bars.ts';
import { groupBy } from '../../trace/group-by.ts';
import { readTrace } from '../../trace/steps.ts';
import { type Layout, layOut, layOutTogether, type Scale } from './layout.ts';
import { kindsIn } from './signs.ts';

const scales: readonly Scale[] = ['time', 'order'];
const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
const wishes = scales.flatMap((scale) => [0.5, 1, 7].map((zoom) => ({ scale, zoom, room: 900 })));

const traces: readonly (readonly [string, readonly TraceEvent[]])[] = [
  ...Object.entries(situations).map(([name, make]) => [name, make()] as const),
  ...seeds.map((seed) => [`seed ${seed}`, randomTrace(seed)] as const),
];
const layouts = traces.flatMap(([name, events]) => {
  const trace = readTrace(events);
  return wishes.map((wish) => ({
    name: `${name}, ${wish.scale}, zoom ${wish.zoom}`,
    events,
    layout: layOut(trace, wish),
  }));
});

/** @param findFaults finds the faults in the picture of a trace. */
function expectNone(findFaults: (layout: Layout, events: readonly TraceEvent[]) => readonly unknown[]): void {
  for (const { name, events, layout } of layouts) expect(findFaults(layout, events), name).toEqual([]);
}

/** The spans that begin before the one to their left has ended, in the same row. */
function overlapping<T extends { left: number; right: number; y: number }>(spans: readonly T[]): readonly T[] {
  return [...groupBy(spans, ({ y }) => y).values()].flatMap((row) => {
    row.sort((a, b) => a.left - b.left);
    return row.filter(({ left }, index) => left < (row[index - 1]?.right ?? 0) - 1e-6);
  });
}

describe('for any trace, on either scale, at any zoom', () => {
  test('every event is drawn once, and nothing else', () => {
    for (const { name, events, layout } of layouts) {
      const drawn = layout.marks.map(({ step }) => step.event.id);
      expect(drawn.toSorted(), name).toEqual(events.map(({ id }) => id).toSorted());
    }
  });

  test('every number is finite and inside the picture', () => {
    expectNone(({ width, height, marks, spans, versions, messages, lost, axis, lanes }) => {
      const extents = [...marks, ...spans, ...versions, ...lost];
      const isIn = (x: number, y = 1) => x >= 0 && x <= width && y > 0 && y <= height; // and not NaN
      return [
        ...extents.filter(({ left, right, y }) => !isIn(left, y) || !isIn(right, y) || left > right),
        ...messages.filter(({ x, fromY, toY }) => !isIn(x, fromY) || !isIn(x, toY)),
        ...lost.filter(({ arrow }) => arrow && !(isIn(arrow.from.x, arrow.from.y) && isIn(arrow.to.x, arrow.to.y))),
        ...axis.ticks.filter(({ x }) => !isIn(x)),
        ...axis.stretched.filter(({ left, right }) => !isIn(left) || !isIn(right)),
        ...lanes.filter(({ top, height: own }) => !isIn(0, top) || !isIn(0, top + own)),
      ];
    });
  });

  test('steps, open waits and holds of a lock do not overlap in a row', () => {
    expectNone(({ marks, spans }) =>
      overlapping([...marks, ...spans.filter(({ kind }) => kind === 'wait' || kind === 'hold')]),
    );
  });

  test('every step is a target of at least 24 by 24 pixels', () => {
    expectNone(({ marks }) => marks.filter(({ left, right }) => !(right - left >= 24 - 1e-6)));
  });

  test('steps end from left to right in their order', () => {
    expectNone(({ marks }) => marks.filter(({ right }, index) => right <= (marks[index - 1]?.right ?? 0)));
  });

  test('every lost update has a label, and labels do not overlap', () => {
    for (const { name, events, layout } of layouts) {
      expect(
        layout.lost.map(({ anomaly }) => anomaly),
        name,
      ).toEqual(readTrace(events).anomalies);
    }
    expectNone(({ lost }) => overlapping(lost));
  });

  test('an arrow goes forward in time, and down to the database', () => {
    let arrows = 0;
    expectNone(({ lost, marks }) =>
      lost.filter(({ arrow, anomaly }) => {
        const columnOf = (event: TraceEvent | undefined) => marks.findIndex(({ step }) => step.event === event);
        const [read, target] = [columnOf(anomaly.read), columnOf(anomaly.lostWrite ?? anomaly.write)];
        if (!arrow) return read !== -1 && target > read;
        arrows++;
        return read === -1 || target <= read || arrow.to.x <= arrow.from.x || arrow.to.y <= arrow.from.y;
      }),
    );
    expect(arrows).toBeGreaterThan(100);
  });

  test('each item is in one lane, and no lane is empty', () => {
    expectNone(({ lanes, marks, spans, versions, lost, messages }) => {
      const ys = [...marks, ...spans, ...versions, ...lost].map(({ y }) => y);
      const met = messages.flatMap(({ fromY, toY }) => [fromY, toY]);
      return [
        ...ys.filter((y) => lanes.filter(({ top, height }) => y > top && y < top + height).length !== 1),
        ...lanes.filter(({ top, height }) => ![...ys, ...met].some((y) => y > top && y < top + height)),
      ];
    });
  });
});

const draw = (events: readonly TraceEvent[], scale: Scale = 'order') =>
  layOut(readTrace(events), { scale, zoom: 1, room: 900 });
const titlesOf = (events: readonly TraceEvent[]) => draw(events).lanes.map(({ title }) => title);
const markOf = ({ marks }: Layout, requestId: string, step: string) =>
  marks.find(({ step: { event } }) => event.requestId === requestId && event.step === step);

test('lanes are requests, instances, Redis if it has a lock, MySQL, lost updates', () => {
  expect(titlesOf(situations.raceInNone())).toEqual(['A pay', 'B cancel', 'app-1', 'app-3', 'MySQL', '✕ Lost']);
  expect(titlesOf(situations.raceInRedis())).toEqual(['A pay', 'B cancel', 'app-1', 'app-2', 'Redis', 'MySQL']);
  expect(titlesOf(situations.refusedInVersion())).not.toContain('Redis');
  expect(titlesOf(situations.eightInARow())).not.toContain('Redis');
});

test('a requested lock shows the lane of the locks before a grant', () => {
  expect(titlesOf(situations.waitsInVain().slice(0, 2))).toEqual(['A pay', 'app-1', 'Redis']);
});

test('the arrow of the race goes from the pay’s read to the cancel’s write', () => {
  for (const scale of scales) {
    const layout = draw(situations.raceInNone(), scale);
    const { lost } = layout;
    expect(lost).toHaveLength(1);
    expect(lost[0]?.text).toBe('✕ wrote v5 (paid), decided on v3: v4 (unpaid) is lost');
    const [read, written] = [markOf(layout, '6ebfd8d0', 'read'), markOf(layout, 'c4f2832', 'written')];
    expect(lost[0]?.arrow?.from.x).toBeGreaterThan(read?.left ?? Number.NaN);
    expect(lost[0]?.arrow?.from.x).toBeLessThanOrEqual(read?.right ?? Number.NaN);
    expect(lost[0]?.arrow?.to.x).toBeGreaterThan(written?.left ?? Number.NaN);
    expect(lost[0]?.arrow?.to.x).toBeLessThanOrEqual(written?.right ?? Number.NaN);
    expect(written?.fates).toEqual(['lost']);
    expect(markOf(layout, '6ebfd8d0', 'written')?.fates).toEqual(['stale']);
  }
});

test('on the scale of order, a step spans the columns of steps that end during it', () => {
  const { marks } = draw(situations.raceInNone());
  const charged = marks.find(({ step: { event } }) => event.step === 'charged');
  const meanwhile = marks.filter(({ step: { event } }) => event.requestId === 'c4f2832');
  expect(meanwhile).toHaveLength(6);
  for (const { left, right } of meanwhile) {
    expect(left).toBeGreaterThanOrEqual(charged?.left ?? Number.NaN);
    expect(right).toBeLessThanOrEqual(charged?.right ?? Number.NaN);
  }
});

test('no arrow goes back in time, even in an impossible trace', () => {
  const trace = traceBuilder('none');
  trace.request('b', 'pay', 'app-2').does('written', 0, { paid: true, readVersion: 3, overwrote: 3 });
  const a = trace
    .request('a', 'pay', 'app-1')
    .does('read', 900, { saw: { paid: false, version: 3, openCharges: [] } }, 2);
  a.does('written', 990, { paid: true, readVersion: 3, overwrote: 4 }, 3);
  const { lost } = draw(trace.events());
  expect(lost.map(({ arrow, text }) => [arrow, text])).toEqual([
    [undefined, '✕ wrote v5 (paid), decided on v3: v4 (paid) is lost'],
  ]);
});

test('the database’s lane shows each version, and which one was lost', () => {
  const { versions } = draw(situations.raceInNone());
  expect(versions.map(({ label, fate }) => [label, fate])).toEqual([
    ['v3 (unpaid)', undefined],
    ['v4 (unpaid) ✕ lost', 'lost'],
    ['v5 (paid)', 'stale'],
  ]);
});

test('every loss of a storm is named in full, and no label is among the arrows', () => {
  for (const scale of scales) {
    const { lost, lanes, width } = layOut(readTrace(situations.payStorm()), { scale, zoom: 1, room: 1100 });
    expect(lost.map(({ text }) => text)).toEqual([
      '✕ B wrote v2 (paid), decided on v0: v1 (paid) is lost',
      '✕ C wrote v3 (paid), decided on v0: v2 (paid) is lost',
      '✕ D wrote v4 (paid), decided on v0: v3 (paid) is lost',
      '✕ E wrote v5 (paid), decided on v0: v4 (paid) is lost',
    ]);
    const top = lanes.find(({ kind }) => kind === 'lost')?.top ?? Number.NaN;
    expect(lost.filter(({ arrow }) => !((arrow?.to.y ?? Number.NaN) < top))).toEqual([]);
    expect(width).toBeLessThanOrEqual(1100 + 1e-6);
  }
});

test('where a label in full cannot be seen at once, it is short', () => {
  const { lost } = layOut(readTrace(situations.raceInNone()), { scale: 'time', zoom: 1, room: 264 });
  expect(lost.map(({ text }) => text)).toEqual(['✕ v4 (unpaid) is lost']);
  expect((lost[0]?.right ?? Number.NaN) - (lost[0]?.left ?? Number.NaN)).toBeLessThanOrEqual(264 - 24);
});

test('a window spans from a read to its write; it is stale if the write destroys another', () => {
  const layout = draw(situations.raceInNone(), 'time');
  const { windows } = layout;
  const [read, written] = ['read', 'written'].map((step) => markOf(layout, '6ebfd8d0', step));
  expect(windows.map(({ isStale }) => isStale)).toEqual([false, true]);
  expect(windows[1]).toMatchObject({ left: read?.right, right: written?.left, y: read?.y });
});

test('has open spans: a held lock, an open wait, a wait until its answer', () => {
  const layout = draw(situations.waitsInVain());
  const open = layout.spans.filter(({ kind }) => kind === 'wait' || kind === 'hold');
  expect(open.map(({ kind, step, isOpen }) => [kind, step.request.name, isOpen])).toEqual([
    ['hold', 'A', true],
    ['wait', 'B', false],
    ['wait', 'C', true],
  ]);
  expect(open[1]?.right).toBe(markOf(layout, 'b002', 'answered')?.left);
});

test('a hold without a release ends with the answer', () => {
  const layout = draw(situations.raceInRedis().filter(({ step }) => step !== 'released'));
  const holds = layout.spans.filter(({ kind }) => kind === 'hold');
  const answers = layout.marks.filter(({ step }) => step.event.step === 'answered');
  expect(holds.map(({ right, isOpen }) => [right, isOpen])).toEqual(answers.map(({ left }) => [left, false]));
});

test('two runs have one axis', () => {
  const runs = [situations.raceInNone(), situations.raceInRedis()].map((events) => readTrace(events));
  for (const scale of scales) {
    const [none, redis] = layOutTogether(runs, { scale, zoom: 1, room: 1100 });
    expect(none?.width).toBe(redis?.width);
    if (scale === 'time') expect(none?.axis).toEqual(redis?.axis);
    const arrivals = [none, redis].map((layout) => layout?.marks[0]?.left);
    expect(arrivals[0]).toBe(arrivals[1]);
  }
});

test('the legend has a sign for each kind of step and of bar that is drawn, and a third request has a lane', () => {
  const kindsOf = (events: readonly TraceEvent[], bars: readonly Bar[] = []) =>
    kindsIn([layOut(readTrace(events, { bars }), { scale: 'time', zoom: 1, room: 900 })]);
  const race = ['arrived', 'read', 'decided', 'charged', 'refunded', 'written', 'answered', 'stale', 'window'];
  expect([...kindsOf(situations.raceInNone())]).toEqual(expect.arrayContaining(race));
  expect(kindsOf(situations.raceInNone())).not.toContain('hold');
  expect(kindsOf(situations.raceInNone())).not.toContain('fault');
  const fault: Bar = { kind: 'fault', fromMs: situations.raceInNone()[0]?.wallMs ?? 0, what: 'app-1 paused', hits: [] };
  expect(kindsOf(situations.raceInNone(), [fault])).toContain('fault');
  const waiting = ['waiting', 'wait', 'hold', 'refused'];
  expect([...kindsOf(situations.waitsInVain())]).toEqual(expect.arrayContaining(waiting));
  expect(titlesOf(situations.waitsInVain())).toContain('C cancel');
});

test('an empty trace is an empty picture', () => {
  for (const wish of wishes) expect(layOut(readTrace([]), wish)).toMatchObject({ lanes: [], marks: [], lost: [] });
});
