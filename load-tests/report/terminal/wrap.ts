import { stripVTControlCharacters } from 'node:util';
import wrapAnsi from 'wrap-ansi';

/** @returns the terminal's width in columns; 80 where there is none. */
export const terminalWidth = (): number => process.stdout.columns || 80;

/** @returns the number of columns of a text that may be coloured. */
export const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Indentation, and a time or a name before a gap of two spaces, such as `   12.5 ms  `. */
const beginning = /^ *(?:\S.{0,18}?\S {2,})?/;

/**
 * Breaks lines at spaces, never within a word: a longer one, such as a path, stays whole. What follows is indented like the
 * line, or stands under the text after its time.
 *
 * @param width in columns.
 */
export function wrap(text: string, width = terminalWidth()): string {
  return text
    .split('\n')
    .flatMap((line) => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string[] {
  if (lengthOf(line) <= width) return [line];
  const [begin = ''] = beginning.exec(line) ?? [];
  const indent = ' '.repeat(lengthOf(begin));
  const room = Math.max(20, width - indent.length);
  return wrapAnsi(line.slice(begin.length), room)
    .split('\n')
    .map((part, index) => (index === 0 ? begin : indent) + part);
}
