import type { RunReport } from '../run-report.ts';
import { html, type Markup } from './markup.ts';

const signs = { violated: '✕', held: '✓', inconclusive: '?' } as const;

/** A verdict as a sign and a word, which also have a colour; and what was expected instead, if it was. */
export function markVerdict({ verdict, expected }: Pick<RunReport, 'verdict' | 'expected'>): Markup {
  return html`<span class="verdict ${verdict}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}</span>${
    verdict !== expected && html` <span class="unexpected">(${expected} was expected)</span>`
  }`;
}
