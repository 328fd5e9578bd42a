import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderFrame } from './frame.tsx';
import { mistakesIn } from './well-formed.ts';

const page = renderFrame({ title: 'a < b', style: 'race', content: 'x' });
const styleOf = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const theme = styleOf('../../../app/web/page/theme.css');

test('includes the theme, the diagram’s style and its own, and no others', () => {
  const picture = styleOf('../../../app/web/page/diagram/render/picture.css');
  for (const style of [theme, picture, styleOf('page.css'), styleOf('race.css')]) expect(page).toContain(style);
  expect(page).not.toContain(styleOf('faults.css'));
});

test('supports dark mode and small screens, and forbids scripts and requests', () => {
  expect(page).toContain('<meta name="color-scheme" content="light dark"/>');
  expect(page).toContain('<meta name="viewport" content="width=device-width, initial-scale=1"/>');
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).toContain('<title>a &lt; b</title>');
  expect(mistakesIn(page)).toEqual([]);
});

test.each(['page', 'race', 'faults'])('%s.css uses only colours that are defined', (name) => {
  const defined = new Set([...theme.matchAll(/(--[\w-]+):/g)].map(([, colour]) => colour));
  for (const [, colour] of styleOf(`${name}.css`).matchAll(/var\((--[\w-]+)\)/g)) expect(defined).toContain(colour);
});
