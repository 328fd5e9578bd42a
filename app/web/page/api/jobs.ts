import type { JobsOverview, ManualRunAnswer } from '../../../jobs/overview.ts';
import { ask, type Fetched } from './http.ts';

/** As it comes in JSON: with its dates as texts. */
type Sent<T> = T extends Date ? string : T extends object ? { readonly [K in keyof T]: Sent<T[K]> } : T;

/** As `GET /jobs` answers. */
export type Jobs = Sent<JobsOverview>;
export type Job = Jobs['jobs'][number];
export type JobRun = Job['lastRuns'][number];

/** As `POST /jobs/:name/run` answers when the job was begun. */
export type ManualRun = Sent<ManualRunAnswer>;

/** Longer than an instance waits for the run's end (10 s). */
const runTimeoutMs = 20_000;

export const fetchJobs = () => ask<Jobs>('/jobs');
export const runJob = (name: string): Promise<Fetched<ManualRun>> =>
  ask(`/jobs/${encodeURIComponent(name)}/run`, { post: {}, timeoutMs: runTimeoutMs });
