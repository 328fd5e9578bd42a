import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { call } from '../testing/client.ts';
import { testStack } from '../testing/stack.ts';
import { webRoutes } from './routes.ts';

/** What the page's first view is made of: what its HTML names, and it. */
async function firstView(): Promise<string[]> {
  const { body } = await call('/');
  return [
    '/',
    ...[...body.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path).filter((path) => path !== '/users'),
  ];
}

describe('the page', () => {
  test('is asked for anew each time', async () => {
    const { status, headers, body } = await call('/');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(headers.get('cache-control')).toBe('no-cache');
    expect(body).toContain('<title>Payment race lab</title>');
  });

  test('loads from this service and nowhere else, and its policy lets it do nothing inline', async () => {
    const { headers, body } = await call('/');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(body).not.toMatch(/ style=| on\w+=|<style|<script(?![^>]* src=)/);
    expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  test('is made of files that never change under their names', async () => {
    const assets = (await firstView()).filter((path) => path.startsWith('/assets/'));
    expect(assets.map((path) => path.split('.').at(-1)).sort()).toEqual(expect.arrayContaining(['css', 'js', 'svg']));
    for (const path of assets) {
      const { status, headers } = await call(path);
      expect([path, status]).toEqual([path, 200]);
      expect(path).toMatch(/-[\w-]{8}\.\w+$/);
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    }
  });

  test('is less than 100 kB on its way to the browser, with all of its first view', async () => {
    const sizes = await Promise.all((await firstView()).map(sizeOnTheWire));
    expect(sizes.length).toBeGreaterThanOrEqual(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(100_000);
  });

  test('takes no POST, and has nothing that it is not made of', async () => {
    const posted = await call('/', { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    for (const path of ['/assets/', '/assets/index.js', '/assets/..%2Findex.html', '/index.html']) {
      const { status, body } = await call(path);
      expect([path, status, body.type]).toEqual([path, 404, '/problems/not-found']);
    }
  });
});

/** @returns how many bytes nginx sends for it to a client that takes gzip, as browsers do. */
async function sizeOnTheWire(path: string): Promise<number> {
  const request = get(new URL(path, testStack().url), { headers: { 'accept-encoding': 'gzip' } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let size = 0;
  for await (const chunk of response) size += chunk.length;
  expect(response.statusCode).toBe(200);
  if (size > 1024) expect(response.headers['content-encoding']).toBe('gzip');
  return size;
}

describe('where the page is not built', () => {
  let directory: string;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'page-'));
    server = express().use(webRoutes(directory)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  test('it says how to build it; once it is, it is there', async () => {
    const { status, headers, body } = await call('/', { url });
    expect([status, headers.get('cache-control')]).toEqual([503, 'no-cache']);
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    expect(body).toMatch(/not built.*npm run build:page/s);

    await writeFile(join(directory, 'index.html'), 'built meanwhile');
    expect(await call('/', { url })).toMatchObject({ status: 200, body: 'built meanwhile' });
  });
});
