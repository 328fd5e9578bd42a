import type { TraceStream } from '../api/trace-stream.ts';
import type { ExclusiveActivity } from './exclusive-activity.ts';
import type { LabState } from './lab-state.ts';

/** What a runner needs from the page. */
export interface RunnerDeps {
  /** The trace's, and of every request id the last part. */
  readonly session: string;
  readonly lab: LabState;
  /** undefined while there is no lab to hear from. */
  readonly stream: () => TraceStream | undefined;
  /** Lets one activity run at a time. */
  readonly activity: ExclusiveActivity;
}
