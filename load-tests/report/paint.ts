import { styleText } from 'node:util';

const colours = { violated: 'red', held: 'green', unavailable: 'blue', inconclusive: 'yellow' } as const;

/** @returns the verdict, coloured on a terminal unless NO_COLOR is set (https://no-color.org). */
export function paintVerdict(verdict: keyof typeof colours): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(colours[verdict], verdict) : verdict;
}
