import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../testing/client.ts';
import { type LocalServer, startLocalServer } from '../testing/local-server.ts';
import { testStack } from '../testing/stack.ts';
import { webRoutes } from './routes.ts';

/** The paths of the page's first view: the HTML and the files that it names, but not its data. */
async function firstView(): Promise<string[]> {
  const { body } = await call('/');
  return ['/', ...[...body.matchAll(/(?:src|href)="(\/assets\/[^"#]+)"/g)].map(([, path]) => path)];
}

describe('the page', () => {
  test('is revalidated on each request', async () => {
    const { status, headers, body } = await call('/');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(body).toContain('<title>Payment race lab</title>');
  });

  test('loads only from this service, without anything inline', async () => {
    const { headers, body } = await call('/');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(body).not.toMatch(/ style=| on\w+=|<style|<script(?![^>]* src=)/);
    expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('has files that never change under their names', async () => {
    const [, ...assets] = await firstView();
    expect(assets.map((path) => path.split('.').at(-1)).sort()).toEqual(expect.arrayContaining(['css', 'js', 'svg']));
    for (const path of assets) {
      const { status, headers } = await call(path);
      expect([path, status]).toEqual([path, 200]);
      expect(path).toMatch(/-[\w-]{8}\.\w+$/);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
  });

  test('sends a file whole, whatever range is asked for', async () => {
    for (const path of await firstView()) {
      const { status } = await call(path, { headers: { range: 'bytes=99999999-' } });
      expect([path, status]).toEqual([path, 200]);
    }
  });

  test('takes less than 100 kB over the wire for its first view', async () => {
    const sizes = await Promise.all((await firstView()).map(sizeOnTheWire));
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });

  test('rejects POST and unknown files', async () => {
    const posted = await call('/', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    for (const path of ['/assets/', '/assets/index.js', '/assets/..%2Findex.html', '/index.html']) {
      const { status, body } = await call(path);
      expect([path, status, body.type]).toEqual([path, 404, '/problems/not-found']);
    }
  });
});

/** @returns the bytes that nginx sends to a client that accepts gzip. */
async function sizeOnTheWire(path: string): Promise<number> {
  const request = get(new URL(path, testStack().url), { headers: { 'accept-encoding': 'gzip' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let size = 0;
  for await (const chunk of response) size += chunk.length;
  expect(response.statusCode).toBe(200);
  if (size > 1024) expect(response.headers['content-encoding']).toBe('gzip');
  return size;
}

describe('without a built page', () => {
  let directory: string;
  let server: LocalServer;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'page-'));
    server = await startLocalServer(express().use(webRoutes(directory)));
  });
  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  test('says how to build it, and serves it once it is built', async () => {
    const { status, headers, body } = await call('/', { url: server.url });
    expect([status, headers.get('cache-control')]).toEqual([503, 'no-cache']);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toMatch(/not built.*npm run build:page/s);

    await writeFile(join(directory, 'index.html'), 'built meanwhile');
    expect(await call('/', { url: server.url })).toMatchObject({ status: 200, body: 'built meanwhile' });
  });
});
