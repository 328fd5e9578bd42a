import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalServer, startLocalServer } from '../../app/testing/local-server.ts';

/** A run as the job itself reported it, independent of the records. */
export interface WitnessedRun {
  readonly instance: string;
  /** In milliseconds since 1970. */
  readonly tick: number;
  readonly token: string;
  /** By the witness's monotonic clock. */
  readonly beganAtMs: number;
  /** When its end was reported; undefined before, and if its process died first. */
  readonly endedAtMs?: number;
}

export interface Witness extends LocalServer {
  /** In the order in which they began. */
  readonly runs: readonly WitnessedRun[];
}

/** @param workMs called when a run has begun; returns its duration. */
export async function startWitness(workMs: (run: WitnessedRun) => number): Promise<Witness> {
  const runs: { -readonly [P in keyof WitnessedRun]: WitnessedRun[P] }[] = [];
  const server = await startLocalServer(async (req, res) => {
    const run = { ...(await bodyOf(req)), beganAtMs: performance.now() };
    runs.push(run);
    await sleep(workMs(run));
    if (!res.destroyed) Object.assign(run, { endedAtMs: performance.now() });
    res.end('witnessed');
  });
  return { ...server, runs };
}

async function bodyOf(req: IncomingMessage): Promise<Pick<WitnessedRun, 'instance' | 'tick' | 'token'>> {
  let text = '';
  for await (const chunk of req) text += chunk;
  return JSON.parse(text) as WitnessedRun;
}
