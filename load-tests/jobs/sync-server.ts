import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';

/** What the job `sync` calls in a demonstration. */
export interface SyncServer extends AsyncDisposable {
  readonly urls: readonly string[];
  /** From now on nothing is answered. @returns once somebody waits for an answer. @throws after `withinMs`. */
  hold(withinMs: number): Promise<void>;
  /** Answers again, also what it has held. */
  letGo(): void;
}

const paths = ['customers', 'orders', 'stock', 'prices'];
const answerMs = 20;

export async function startSyncServer(): Promise<SyncServer> {
  let holding = false;
  const held = new Set<ServerResponse>();
  const server = createServer(async (_req, res) => {
    await sleep(answerMs);
    if (!holding) return void res.end();
    held.add(res);
    res.once('close', () => held.delete(res));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urls: paths.map((path) => `http://127.0.0.1:${port}/${path}`),
    async hold(withinMs) {
      holding = true;
      await until('an instance runs sync', () => held.size > 0, { withinMs, everyMs: 5 });
    },
    letGo() {
      holding = false;
      for (const res of held) res.end();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
