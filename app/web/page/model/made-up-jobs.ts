import type { Job, JobRun, Jobs } from '../api/jobs.ts';

/** Jobs and runs for the tests of this folder. */

export const now = '2026-11-22T11:30:30.000Z';

export const jobRun: JobRun = {
  scheduledAt: '2026-11-22T11:30:00.000Z',
  schedule: '* * * * * UTC',
  byHand: false,
  instance: 'app-2',
  token: '17',
  startedAt: '2026-11-22T11:30:00.020Z',
  endedAt: '2026-11-22T11:30:00.032Z',
  outcome: 'succeeded',
  detail: 'report: nobody is wronged',
};

export const open: JobRun = { ...jobRun, endedAt: null, outcome: null, detail: null };

export const leader: Jobs['leader'] = { instance: 'app-2', token: '3', since: '2026-11-22T11:26:48.187Z' };

export const missed: Job['missed'] = { count: 0, more: false, since: '2026-11-22T10:00:00.000Z', last: [] };
