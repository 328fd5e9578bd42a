import { readFileSync } from 'node:fs';
import { html, type Insert, trusted } from './markup.ts';

export interface FrameOptions {
  readonly title: string;
  /** Names of further stylesheets, such as `race`. `page` is always included. */
  readonly styles: readonly string[];
  /** The content of `<main>`. */
  readonly content: Insert;
}

/** A self-contained page, in well-formed XML. Its Content-Security-Policy forbids scripts and requests. */
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

/** The conditions of the measurement. */
export function renderConditions(conditions: Readonly<Record<string, Insert>>) {
  return html`<section><h2>Conditions</h2>
${renderPairs(conditions)}
</section>`;
}

/** Names and values, side by side where there is room. */
export function renderPairs(pairs: Readonly<Record<string, Insert>>) {
  return html`<dl>${Object.entries(pairs).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
