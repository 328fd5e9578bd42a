import { expect, test } from 'vitest';
import { mistakesIn } from './well-formed.ts';

const page = (body: string) => `<!DOCTYPE html><html><style>a{}</style><body>${body}</body></html>`;

test('accepts a well-formed page', () => {
  expect(mistakesIn(page('<p title="&quot;">a &amp; b<br/></p>'))).toEqual([]);
  expect(mistakesIn(page('<a href="#there">there</a> <a href="https://redis.io/">Redis</a>'))).toEqual([]);
});

test.each([
  ['<p>', /<\/body> closes another element/],
  ['a & b', /not well-formed: & b/],
  ['a < b', /not well-formed: < b/],
  ['<p title="a"b"></p>', /not well-formed: <p title/],
  ['<script></script>', /there is <script/],
  ['<p onclick="x"></p>', /there is {2}onclick/],
  ['<img src="x"/>', /there is {2}src/],
  ['<link href="x.css"/>', /there is {2}href/],
  ['<a href="javascript:x">x</a>', /there is <a href/],
])('finds the mistake in %s', (body, mistake) => {
  expect(mistakesIn(page(body)).join()).toMatch(mistake);
});
