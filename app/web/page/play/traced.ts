import type { TraceEvent } from '../../../lab/trace-event.ts';
import type { TraceStream } from '../api/trace-stream.ts';
import { sleep } from './sleep.ts';

/** How long the last events may take to come once the answers are there. */
const settleMs = 2000;

/**
 * Waits until the trace has said of each request that it was answered, where there is a stream to say so. One that was cut
 * brings what has happened meanwhile when it is open again.
 */
export async function allTraced(
  stream: TraceStream | undefined,
  events: () => readonly TraceEvent[],
  requestIds: ReadonlySet<string>,
): Promise<void> {
  const deadline = performance.now() + settleMs;
  const ended = () => events().filter(({ step }) => step === 'answered').length;
  const canCome = () => stream !== undefined && stream.state.value !== 'connecting';
  while (canCome() && ended() < requestIds.size && performance.now() < deadline) await sleep(20);
}
