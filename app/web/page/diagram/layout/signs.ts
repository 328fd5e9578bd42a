import type { Layout } from './layout.ts';

/** What some pictures draw, by the names that the legend has for it. */
export function kindsIn(layouts: readonly Layout[]): ReadonlySet<string> {
  return new Set(
    layouts.flatMap(({ marks, spans, windows, bars }) => [
      ...marks.flatMap(({ step, fates }) => [step.kind, step.event.step, ...fates]),
      ...spans.map(({ kind }) => kind),
      ...bars.map(({ kind }) => kind),
      ...(windows.length > 0 ? ['window'] : []),
    ]),
  );
}
