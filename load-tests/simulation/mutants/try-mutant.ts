import { join } from 'node:path';
import type { Batch, BatchResult } from '../../../app/redis-lock/simulation/batch.ts';
import type { PromiseName } from '../../../app/redis-lock/simulation/promises/check-context.ts';
import { type NodeCount, nodeCounts } from '../../../app/redis-lock/simulation/schedule.ts';
import type { SimulationFunctions } from '../../../app/redis-lock/simulation/worker.ts';
import { TimeoutError, withTimeout } from '../../../app/with-timeout.ts';
import { type RemoteProcess, startRemote } from '../../stack/processes/remote-process.ts';

type Worker = RemoteProcess<SimulationFunctions>;

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

/**
 * Runs the schedules of these seeds, on one, three and five nodes in turn, until a promise is broken or time is over. One
 * that crashes or hangs is tried once more: the machine may have been busy, or short of memory.
 */
export async function tryMutant(directory: string, seeds: readonly number[], mostMs: number): Promise<Verdict> {
  const until = performance.now() + mostMs;
  const start = (): Worker => startRemote(join(directory, 'simulation/worker.ts'), { stdio: 'ignore' });
  let worker = start();
  let last: { schedules: number; nodes: NodeCount; seed: number } = { schedules: 0, nodes: 1, seed: 0 };
  try {
    for (const [index, seed] of seeds.entries()) {
      if (performance.now() > until) break;
      const nodes = nodeCounts[index % nodeCounts.length] ?? 1;
      last = { schedules: index + 1, nodes, seed };
      const batch: Batch = { nodes, seeds: [seed], mostShrinks: 0 };
      let result = await run(worker, batch);
      if (typeof result === 'string') {
        await worker[Symbol.asyncDispose]();
        worker = start();
        result = await run(worker, batch);
      }
      if (typeof result === 'string') return { noticed: result, ...last, what: '' };
      const [violation] = result.failures[0]?.failure?.violations ?? [];
      if (violation) return { noticed: violation.promise, ...last, what: violation.what };
    }
    return { noticed: undefined, ...last, what: '' };
  } finally {
    await worker[Symbol.asyncDispose]();
  }
}

async function run(worker: Worker, batch: Batch): Promise<BatchResult | 'crash' | 'hang'> {
  try {
    return await withTimeout(worker.call('runBatch', batch), mostMsPerSchedule, 'the mutant');
  } catch (error) {
    return error instanceof TimeoutError ? 'hang' : 'crash';
  }
}
