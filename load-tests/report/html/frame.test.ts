import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderFrame } from './frame.ts';
import { html } from './markup.ts';
import { mistakesIn } from './well-formed.ts';

const page = renderFrame({ title: 'a < b', styles: ['figure'], content: html`<h1>x</h1>` });

test('includes the requested stylesheets and no others', () => {
  const styleOf = (name: string) => readFileSync(new URL(`${name}.css`, import.meta.url), 'utf8');
  for (const name of ['page', 'figure']) expect(page).toContain(styleOf(name));
  for (const name of ['race', 'faults']) expect(page).not.toContain(styleOf(name));
});

test('supports dark mode and small screens, and forbids scripts and requests', () => {
  expect(page).toContain('<meta name="color-scheme" content="light dark"/>');
  expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"/>');
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).toContain('<title>a &lt; b</title>');
  expect(mistakesIn(page)).toEqual([]);
});

test.each(['page', 'figure', 'race', 'faults'])('%s.css uses only colours that are defined', (name) => {
  const styleOf = (file: string) => readFileSync(new URL(`${file}.css`, import.meta.url), 'utf8');
  const defined = new Set([...styleOf('page').matchAll(/(--[\w-]+):/g)].map(([, colour]) => colour));
  for (const [, colour] of styleOf(name).matchAll(/var\((--[\w-]+)\)/g)) expect(defined).toContain(colour);
});
