import type { Paint } from './paint.ts';
import { wrap } from './wrap.ts';

/** A command's last line: whether everything was as expected, and what was measured, or what was not as expected. */
export interface Result {
  readonly asExpected: boolean;
  readonly what: string;
}

/** @returns the line in green, or in red. @param width in columns. */
export function renderResult({ asExpected, what }: Result, paint: Paint, width: number): string {
  const line = `${asExpected ? 'As expected' : 'Not as expected'}: ${what}.`;
  return paint('strong', paint(asExpected ? 'held' : 'violated', wrap(line, width)));
}

/** Names at most this many modes with a count of 0. */
const mostNamed = 3;

/**
 * @param describe describes the first count, such as `lost 139 updates`.
 * @returns the modes with their counts, the largest first: `none lost 139 updates, redis 0`.
 */
export function countsByMode(
  counts: readonly (readonly [mode: string, count: number])[],
  describe: (count: number) => string,
): string {
  const some = counts.filter(([, count]) => count > 0).sort(([, a], [, b]) => b - a);
  const none = counts.filter(([, count]) => count === 0);
  const named = none.length > mostNamed ? [] : none;
  const [first, ...others] = [...some, ...named];
  const rest = none.length - named.length;
  if (!first) return `each of the ${rest} modes ${describe(0)}`;
  return [
    `${first[0]} ${describe(first[1])}`,
    ...others.map(([mode, count]) => `${mode} ${count.toLocaleString('en')}`),
    ...(rest > 0 ? ['the others 0'] : []),
  ].join(', ');
}
