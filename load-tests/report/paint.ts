import { styleText } from 'node:util';

const colours = { violated: 'red', held: 'green', unavailable: 'blue', inconclusive: 'yellow' } as const;

/** @returns the verdict in its colour on a terminal that wants colours (https://no-color.org), as it is elsewhere. */
export function paintVerdict(verdict: keyof typeof colours): string {
  return process.stdout.isTTY && !process.env.NO_COLOR ? styleText(colours[verdict], verdict) : verdict;
}
