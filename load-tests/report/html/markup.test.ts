import { expect, test } from 'vitest';
import { html, trusted } from './markup.ts';

test('escapes values in content and in attributes', () => {
  const nasty = `<script>alert("1 & '2'")</script>`;
  const escaped = '&lt;script&gt;alert(&quot;1 &amp; &#39;2&#39;&quot;)&lt;/script&gt;';
  expect(String(html`<p title="${nasty}">${nasty}</p>`)).toBe(`<p title="${escaped}">${escaped}</p>`);
});

test('does not escape the markup of another template, also in a list', () => {
  const items = ['a<b', 'c'].map((item) => html`<li>${item}</li>`);
  expect(String(html`<ul>${items}</ul>${trusted('<!-- ours -->')}`)).toBe(
    '<ul><li>a&lt;b</li><li>c</li></ul><!-- ours -->',
  );
});

test('renders nothing for undefined and false, and zero for zero', () => {
  expect(String(html`${undefined}|${false}|${0}|${''}`)).toBe('||0|');
});
