import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalServer } from '../../app/testing/local-server.ts';
import { until } from '../../app/testing/until.ts';

/** The server that the job `sync` calls in the demonstration. */
export interface SyncServer extends AsyncDisposable {
  readonly urls: readonly string[];
  /** Stops answering. Resolves once a call is waiting. @throws after `withinMs`. */
  hold(withinMs: number): Promise<void>;
  /** Answers again, waiting calls included. */
  resume(): void;
}

const paths = ['customers', 'orders', 'stock', 'prices'];
const answerMs = 20;

export async function startSyncServer(): Promise<SyncServer> {
  let holding = false;
  const held = new Set<ServerResponse>();
  const server = await startLocalServer(async (_req, res) => {
    await sleep(answerMs);
    if (!holding) return void res.end();
    held.add(res);
    res.once('close', () => held.delete(res));
  });
  return {
    urls: paths.map((path) => `${server.url}/${path}`),
    async hold(withinMs) {
      holding = true;
      await until('an instance runs sync', () => held.size > 0, { withinMs, everyMs: 5 });
    },
    resume() {
      holding = false;
      for (const res of held) res.end();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
