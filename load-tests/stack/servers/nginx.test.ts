import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import { findPrograms } from '../install/programs.ts';
import { startKeeper } from '../processes/keeper.ts';
import { repositoryRoot } from '../repository.ts';
import { rewriteAddresses, startNginx } from './nginx.ts';

test('the private stack changes the addresses in nginx.conf and not one line besides', async () => {
  const original = await readFile(join(repositoryRoot, 'nginx.conf'), 'utf8');
  const rewritten = rewriteAddresses(original, '127.0.0.1:1234', ['127.0.0.1:1', '127.0.0.1:2']);
  const only = (lines: string, others: string) =>
    lines.split('\n').filter((line) => !others.split('\n').includes(line));
  expect(only(original, rewritten).map((line) => line.trim())).toEqual([
    'server app:3000 resolve max_fails=1 fail_timeout=1s max_conns=1024;',
    'listen 8080;',
  ]);
  expect(only(rewritten, original).map((line) => line.trim())).toEqual([
    'server 127.0.0.1:1 max_fails=1 fail_timeout=1s max_conns=1024;',
    'server 127.0.0.1:2 max_fails=1 fail_timeout=1s max_conns=1024;',
    'listen 127.0.0.1:1234;',
  ]);
});

test('a file without the lines to rewrite is refused', () => {
  expect(() => rewriteAddresses('http {}', '127.0.0.1:1', [])).toThrow('nginx.conf has 0 lines for listen');
});

test('waits longer than usual for a stepped request, and for no other', async () => {
  const held: ServerResponse[] = [];
  await using app = await startLocalServer((req, res) => {
    if (req.headers['x-lab-steps']) held.push(res);
  });
  const keeper = await startKeeper();
  try {
    const { nginx: program = 'nginx' } = findPrograms();
    const upstreams = [new URL(app.url).host];
    const change = (conf: string) => conf.replace('proxy_read_timeout 35s;', 'proxy_read_timeout 100ms;');
    const { url } = await startNginx(program, keeper, { upstreams, change });
    const post = (headers: Record<string, string>) =>
      fetch(new URL('/users/7/pay', url), { method: 'POST', body: '{"amount":4900}', headers });
    const stepped = post({ 'x-lab-steps': 'demo' });
    await expect.poll(() => held).toHaveLength(1);
    expect((await post({})).status).toBe(504);
    held[0]?.end('its answer');
    expect(await (await stepped).text()).toBe('its answer');

    const cutOff = post({ 'x-lab-steps': 'demo' });
    await expect.poll(() => held).toHaveLength(2);
    held[1]?.destroy();
    expect(await (await cutOff).json()).toMatchObject({ type: '/problems/bad-gateway', status: 502 });
  } finally {
    await keeper.end();
  }
});
