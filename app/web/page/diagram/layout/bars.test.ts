import { describe, expect, test } from 'vitest';
import { situations } from '../../fixtures/situations.ts';
import type { Bar } from '../../trace/bars.ts';
import { readTrace } from '../../trace/steps.ts';
import { layOut, type Scale } from './layout.ts';

const events = situations.outrunInFenced();
const startMs = events[0]?.wallMs ?? 0;
const what = 'the clock of redlock-2 jumps ahead, with a description that is much longer than the fault lasts';
const bars: readonly Bar[] = [
  { kind: 'fault', what: 'app-1 is paused', hits: ['app-1'], fromMs: startMs + 10, toMs: startMs + 5100 },
  { kind: 'fault', what, hits: ['redlock-2', 'mysql'], fromMs: startMs + 5200 },
  { kind: 'lease', requestId: 'fe01', node: 'redis', fromMs: startMs + 2, toMs: startMs + 3000, end: 'expired' },
  { kind: 'lease', requestId: 'fe02', node: 'redis', fromMs: startMs + 2900 },
  { kind: 'held', requestId: 'fe01', before: 'write', fromMs: startMs + 4, toMs: startMs + 5100 },
  { kind: 'remark', what: 'A has checked its lease', fromMs: startMs + 9 },
];

describe.each<Scale>(['time', 'order'])('what lasts beside the steps, by %s', (scale) => {
  const layout = layOut(readTrace(events, { bars }), { scale, room: 900, zoom: 1 });
  const { lanes, width, marks } = layout;
  const [pause, jump, first, second, held] = layout.bars;

  test('has a bar inside the picture; a remark has none', () => {
    expect(layout.bars).toHaveLength(5);
    for (const { left, right, y } of layout.bars) {
      expect(left).toBeGreaterThan(0);
      expect(right).toBeGreaterThan(left);
      expect(right).toBeLessThanOrEqual(width);
      expect(y).toBeGreaterThan(0);
    }
  });

  test('stands between the steps before and after it', () => {
    const read = marks.find(({ step: { event } }) => event.requestId === 'fe01' && event.step === 'decided');
    const charged = marks.find(({ step: { event } }) => event.requestId === 'fe01' && event.step === 'charged');
    expect(pause?.left).toBeGreaterThanOrEqual((read?.left ?? 0) - 1);
    expect(pause?.right).toBeLessThanOrEqual((charged?.right ?? 0) + 3);
  });

  test('a fault has a lane on top, shades what it hits, and has all of its label in the picture', () => {
    expect(lanes[0]?.kind).toBe('fault');
    const titlesOf = (hits: typeof lanes | readonly { top: number }[] = []) =>
      lanes.filter(({ top }) => hits.some((hit) => hit.top === top)).map(({ title }) => title);
    expect(titlesOf(pause?.hits)).toEqual(['app-1']);
    expect(titlesOf(jump?.hits)).toEqual(['redlock-2', 'MySQL']);
    expect(jump).toMatchObject({ label: what, isOpen: true });
    expect((jump?.left ?? 0) + what.length * 7).toBeLessThanOrEqual(width);
  });

  test('leases of one server that overlap have rows of their own', () => {
    expect([first?.isOpen, second?.isOpen]).toEqual([false, true]);
    expect(first?.y).not.toBe(second?.y);
    expect(first?.label).toBe('A holds the lock, expired');
  });

  test('a hold of the step control shares the row of its request’s steps', () => {
    expect(marks.filter(({ step }) => step.request.requestId === 'fe01').map(({ y }) => y)).toContain(held?.y);
  });
});
