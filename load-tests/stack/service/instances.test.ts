import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isFree } from '../../../app/testing/free-port.ts';
import { soon, until } from '../../../app/testing/until.ts';
import { type Keeper, startKeeper } from '../processes/keeper.ts';
import { startInstances } from './instances.ts';

/** What an instance says of itself, and nothing else: it starts twenty times as fast. */
const program = `
  const { PORT, HOST } = process.env;
  const answer = (_req, res) => res.end(JSON.stringify({ pid: process.pid }));
  require('node:http').createServer(answer).listen(Number(PORT), HOST);
  process.once('SIGTERM', () => process.exit());
`;
let directory: string;
let keeper: Keeper;
/** Takes connections and answers nothing. */
let squatter: Server;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'instances-'));
  await writeFile(join(directory, 'instance.cjs'), program);
  keeper = await startKeeper();
  squatter = createServer();
});
afterEach(async () => {
  await leave();
  await keeper.end();
  await rm(directory, { recursive: true });
});

async function leave(): Promise<void> {
  if (!squatter.listening) return;
  const left = new Promise((resolve) => squatter.close(resolve));
  squatter.closeAllConnections();
  await left;
}
const start = (ports: readonly (number | undefined)[]) =>
  startInstances(ports, () => ({ env: {}, program: join(directory, 'instance.cjs') }), keeper);

/** Three that have ended; another process has the port of the second. */
async function losePort(): Promise<{ ports: number[]; logFile: string }> {
  const instances = await start([undefined, undefined, undefined]);
  await Promise.all(instances.map((instance) => instance.stop()));
  const ports = instances.map(({ port }) => port);
  await new Promise<void>((resolve) => squatter.listen(ports[1], '127.0.0.1', resolve));
  return { ports, logFile: instances[1]?.logFile ?? '' };
}

test('get their ports again after another process had one of them briefly', async () => {
  const { ports, logFile } = await losePort();
  const restarted = start(ports);
  await until('the port is lost', async () => (await readFile(logFile, 'utf8')).includes('EADDRINUSE'), soon);
  await leave();
  const instances = await restarted;
  expect(instances.map(({ port }) => port)).toEqual(ports);
  for (const { url, pid } of instances) expect(await (await fetch(url)).json()).toEqual({ pid });
});

test('starts none when a port stays taken: names it, leaves none running, can retry', async () => {
  const { ports } = await losePort();
  await expect(start(ports)).rejects.toThrow(`Port ${ports[1]} of 127.0.0.1 was free and is taken now`);
  for (const [index, port] of ports.entries()) expect(await isFree(port), `app-${index + 1}`).toBe(index !== 1);
  await leave();
  expect((await start(ports)).map(({ port }) => port)).toEqual(ports);
});
