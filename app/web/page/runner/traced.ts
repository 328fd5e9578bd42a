import type { TraceStream } from '../api/trace-stream.ts';
import { sleep } from '../sleep.ts';

/** How long the last events may take to come once the answers are there. */
const settleMs = 2000;

/**
 * Waits until the trace has shown what it is to show, where there is a stream to do so. One that was cut brings what has
 * happened meanwhile when it is open again.
 */
export async function untilTraced(stream: TraceStream | undefined, isTraced: () => boolean): Promise<void> {
  const deadline = performance.now() + settleMs;
  const canCome = () => stream !== undefined && stream.state.value !== 'connecting';
  while (canCome() && !isTraced() && performance.now() < deadline) await sleep(20);
}
