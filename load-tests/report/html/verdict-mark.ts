import { html, type Markup } from './markup.ts';

const signs = { violated: '✕', held: '✓', unavailable: '○', inconclusive: '?' } as const;

interface Judged {
  readonly verdict: keyof typeof signs;
  readonly expected: keyof typeof signs;
}

/** A verdict as a coloured sign and word, and the expected verdict if it differs. */
export function markVerdict({ verdict, expected }: Judged): Markup {
  return html`<span class="verdict ${verdict}"><span aria-hidden="true">${signs[verdict]}</span> ${verdict}</span>${
    verdict !== expected && html` <span class="unexpected">(${expected} was expected)</span>`
  }`;
}
