import type { Step, Trace } from '../../trace/steps.ts';
import type { TimeAt } from './ticks.ts';

/** Where a time stands. @param times from left to right, as a layout has them; others are in between. */
export function xAt(times: readonly TimeAt[], ms: number): number {
  const index = times.findIndex((time) => time.ms > ms);
  const [before, after] = [times.at(index === -1 ? -1 : index - 1), times[index]];
  if (index === 0 || !before) return 0; // before all of them
  if (!after) return before.x;
  return before.x + ((ms - before.ms) / (after.ms - before.ms)) * (after.x - before.x);
}

/** The last step that had ended by a time, of all the traces; undefined before the first. */
export function lastStepAt(traces: readonly Pick<Trace, 'steps'>[], ms: number): Step | undefined {
  return traces
    .flatMap(({ steps }) => steps.findLast(({ endMs }) => endMs <= ms) ?? [])
    .reduce<Step | undefined>((last, step) => (last && last.endMs >= step.endMs ? last : step), undefined);
}

/** When the last step of all the traces ended, in ms. */
export function durationOf(traces: readonly Pick<Trace, 'steps'>[]): number {
  return Math.max(0, ...traces.map(({ steps }) => steps.at(-1)?.endMs ?? 0));
}
