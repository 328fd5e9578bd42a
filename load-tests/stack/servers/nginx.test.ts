import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../repository.ts';
import { rewriteAddresses } from './nginx.ts';

test('the private stack changes the addresses in nginx.conf and not one line besides', async () => {
  const original = await readFile(join(repositoryRoot, 'nginx.conf'), 'utf8');
  const rewritten = rewriteAddresses(original, '127.0.0.1:1234', ['127.0.0.1:1', '127.0.0.1:2']);
  const only = (lines: string, others: string) =>
    lines.split('\n').filter((line) => !others.split('\n').includes(line));
  expect(only(original, rewritten).map((line) => line.trim())).toEqual([
    'server app:3000 resolve max_fails=1 fail_timeout=1s;',
    'listen 8080;',
  ]);
  expect(only(rewritten, original).map((line) => line.trim())).toEqual([
    'server 127.0.0.1:1 max_fails=1 fail_timeout=1s;',
    'server 127.0.0.1:2 max_fails=1 fail_timeout=1s;',
    'listen 127.0.0.1:1234;',
  ]);
});

test('a file without the lines to rewrite is refused', () => {
  expect(() => rewriteAddresses('http {}', '127.0.0.1:1', [])).toThrow('nginx.conf has 0 lines for listen');
});
