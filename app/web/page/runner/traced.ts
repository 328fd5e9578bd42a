import type { TraceStream } from '../api/trace-stream.ts';
import { sleep } from '../sleep.ts';

/** How long the last events may take to come once the answers are there. */
const settleMs = 2000;
/** Events that have not come by then may never come from this instance. */
const renewMs = 700;

/**
 * Waits until the trace has shown what it is to show, where there is a stream to do so. One that was cut brings what has
 * happened meanwhile when it is open again.
 */
export async function untilTraced(stream: TraceStream | undefined, isTraced: () => boolean): Promise<void> {
  if (!stream) return;
  const since = performance.now();
  const waitUntil = async (ms: number) => {
    const canCome = () => stream.state.value !== 'connecting';
    while (canCome() && !isTraced() && performance.now() - since < ms) await sleep(20);
    return isTraced();
  };
  if (await waitUntil(renewMs)) return;
  stream.renew();
  await waitUntil(settleMs);
}
