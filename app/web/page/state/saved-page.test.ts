import { expect, test } from 'vitest';
import { savedPage } from './saved-page.ts';

const parts = {
  title: 'Pay & cancel',
  html: '<article><svg></svg></article>',
  css: 'p { color: red }',
  link: 'http://127.0.0.1:8080/?run=race&modes=none',
  savedAt: new Date(0),
};

test('a saved page contains its styles and pictures; its policy forbids the rest', () => {
  const page = savedPage(parts);
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  expect(page).toContain('<style>\np { color: red }\n</style>');
  expect(page).toContain(parts.html);
  expect(page).toContain('Saved on 1970-01-01T00:00:00.000Z.');
  expect(page).not.toMatch(/<script|<link| src=/);
});

test('escapes markup in the address and the title', () => {
  const page = savedPage({ ...parts, title: '</title><script>', link: 'x"><script>', css: '</style><script>' });
  expect(page).toContain('<title>&#60;/title&#62;&#60;script&#62;</title>');
  expect(page).toContain('href="x&#34;&#62;&#60;script&#62;"');
  expect(page.match(/<\/style>/g)).toHaveLength(1);
});
