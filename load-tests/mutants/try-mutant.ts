import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Batch, BatchResult } from '../../app/redis-lock/simulation/batch.ts';
import { type NodeCount, nodeCounts } from '../../app/redis-lock/simulation/schedule.ts';
import type { PromiseName } from '../../app/redis-lock/simulation/watch.ts';

/** What came of a mutant. */
export interface Verdict {
  /** By what it was noticed; undefined when it survived. */
  readonly noticed: PromiseName | 'crash' | 'hang' | undefined;
  /** How many schedules it took, or how many it survived. */
  readonly schedules: number;
  /** The last schedule. */
  readonly nodes: NodeCount;
  readonly seed: number;
  readonly what: string;
}

/** How long one schedule may take: hundreds of times as long as usual. */
const mostMsPerSchedule = 60_000;

/** Runs the schedules of these seeds, on one, three and five nodes in turn, until a promise is broken or time is over. */
export async function tryMutant(directory: string, seeds: readonly number[], mostMs: number): Promise<Verdict> {
  const until = performance.now() + mostMs;
  const worker = fork(join(directory, 'simulation/worker.ts'), { serialization: 'advanced', stdio: 'ignore' });
  const ended = once(worker, 'exit').then(() => 'crash' as const);
  let last: { schedules: number; nodes: NodeCount; seed: number } = { schedules: 0, nodes: 1, seed: 0 };
  try {
    for (const [index, seed] of seeds.entries()) {
      if (performance.now() > until) break;
      const nodes = nodeCounts[index % nodeCounts.length] ?? 1;
      last = { schedules: index + 1, nodes, seed };
      const batch: Batch = { nodes, seeds: [seed], mostShrinks: 0 };
      const answer = once(worker, 'message').then(([result]) => result as BatchResult);
      worker.send(batch);
      const result = await within(Promise.race([answer, ended]), mostMsPerSchedule);
      if (result === 'crash' || result === 'hang') return { noticed: result, ...last, what: '' };
      const [violation] = result.failures[0]?.failure?.violations ?? [];
      if (violation) return { noticed: violation.promise, ...last, what: violation.what };
    }
    return { noticed: undefined, ...last, what: '' };
  } finally {
    worker.kill('SIGKILL');
    await ended;
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'hang'> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<'hang'>((resolve) => {
    timer = setTimeout(() => resolve('hang'), ms);
  });
  try {
    return await Promise.race([promise, hang]);
  } finally {
    clearTimeout(timer);
  }
}
