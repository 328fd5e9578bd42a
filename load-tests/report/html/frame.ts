import { readFileSync } from 'node:fs';
import { html, type Insert, trusted } from './markup.ts';

export interface FrameOptions {
  readonly title: string;
  /** Beside that of every page: `race`, `told`. */
  readonly styles: readonly string[];
  /** What stands under the heading. */
  readonly content: Insert;
}

/**
 * A page that needs nothing else: no network, no script, which its own policy forbids. It is well-formed XML too.
 */
export function renderFrame({ title, styles, content }: FrameOptions): string {
  return String(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="color-scheme" content="light dark"/>
<title>${title}</title>
<style>
${['page', ...styles].map(stylesheet)}</style>
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`);
}

const stylesheet = (name: string) => trusted(readFileSync(new URL(`${name}.css`, import.meta.url), 'utf8'));

/** What the figures were measured under. */
export function renderConditions(conditions: Readonly<Record<string, Insert>>) {
  return html`<section><h2>Conditions</h2>
${renderPairs(conditions)}
</section>`;
}

/** Names and their values, as many in a line as there is room for. */
export function renderPairs(pairs: Readonly<Record<string, Insert>>) {
  return html`<dl>${Object.entries(pairs).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
