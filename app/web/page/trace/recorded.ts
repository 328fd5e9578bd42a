import type { TraceEvent } from '../../../lab/trace/event.ts';

/** A step that a database or a client recorded. `amount` is 0 where it is unknown. */
export type RecordedStep = Omit<TraceEvent, 'id' | 'trace' | 'monoMs' | 'tookMs' | 'pass'>;

/**
 * The events of requests that were recorded, not traced. Of a read, only the version that it found is recorded, by the write
 * that was decided on it. So each read is placed at its latest possible time: before its request's first step towards the
 * write, and before the version that it found was overwritten.
 *
 * @returns the events in order of time, as if each step took none.
 */
export function traceOf(recorded: readonly RecordedStep[]): readonly TraceEvent[] {
  const steps = recorded.toSorted((a, b) => a.wallMs - b.wallMs);
  const reads = steps.flatMap((_, write) => readFor(steps, write) ?? []);
  const events = steps.flatMap((step, index) => [
    ...reads.filter(({ before }) => before === index).map(({ read }) => read),
    step,
  ]);
  return events.map((event, index) => ({
    ...event,
    id: `${Math.floor(event.wallMs)}-${index}`,
    trace: 'recorded',
    monoMs: event.wallMs,
    tookMs: 0,
    pass: 1,
  }));
}

/** @returns the read that a write was decided on, and the step before which it is placed. */
function readFor(steps: readonly RecordedStep[], index: number): { before: number; read: RecordedStep } | undefined {
  const write = steps[index];
  if (write?.step !== 'written' || write.readVersion === undefined) return undefined;
  const { requestId, kind, userId, amount, instance, mode, readVersion: version } = write;
  const isOwn = (step: RecordedStep) => step.requestId === requestId && step.step !== 'arrived';
  const previous = steps.slice(0, index).findLastIndex((step) => isOwn(step) && step.step === 'written');
  const first = steps.findIndex((step, at) => at > previous && isOwn(step));
  const writeOver = (over: number) =>
    steps.findIndex((step) => step.step === 'written' && step.userId === userId && step.overwrote === over);
  const overwritten = writeOver(version);
  const before = overwritten === -1 ? first : Math.min(first, overwritten);
  const paid = steps[writeOver(version - 1)]?.paid;
  const saw = { version, ...(paid !== undefined && { paid }) };
  const wallMs = steps[before]?.wallMs ?? write.wallMs;
  return { before, read: { requestId, kind, userId, amount, instance, mode, step: 'read', wallMs, saw } };
}
