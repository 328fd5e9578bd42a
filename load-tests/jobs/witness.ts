import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A run as the witness saw it: by what the job itself did, and not by what is on record. */
export interface WitnessedRun {
  readonly instance: string;
  /** In milliseconds since 1970. */
  readonly tick: number;
  readonly token: string;
  /** On the witness's monotonic clock. */
  readonly beganAtMs: number;
  /** When it was told that it is done; undefined while it is not, or when it had gone by then. */
  readonly endedAtMs?: number;
}

export interface Witness extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they began. */
  readonly runs: readonly WitnessedRun[];
}

/** @param workMs how long the run is to take that has just begun; called before anything is answered. */
export async function startWitness(workMs: (run: WitnessedRun) => number): Promise<Witness> {
  const runs: { -readonly [P in keyof WitnessedRun]: WitnessedRun[P] }[] = [];
  const server = createServer(async (req, res) => {
    const run = { ...(await bodyOf(req)), beganAtMs: performance.now() };
    runs.push(run);
    await sleep(workMs(run));
    if (!res.destroyed) Object.assign(run, { endedAtMs: performance.now() });
    res.end('witnessed');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bodyOf(req: IncomingMessage): Promise<Pick<WitnessedRun, 'instance' | 'tick' | 'token'>> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return JSON.parse(text) as WitnessedRun;
}
