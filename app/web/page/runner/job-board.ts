import { type ReadonlySignal, signal } from '@preact/signals';
import { fetchJobs, type Jobs, runJob } from '../api/jobs.ts';
import { describeManualRun, type ManualRunText } from '../narrative/lab/manual-run.ts';
import { errorOf, type LabError } from '../state/errors.ts';
import type { LabState } from './lab-state.ts';

/** The jobs as last read, and manual runs. */
export interface JobBoard {
  /** As they were read last. */
  readonly jobs: ReadonlySignal<Jobs | undefined>;
  /** Why they could not be read the last time; undefined when they could. */
  readonly error: ReadonlySignal<LabError | undefined>;
  /** By the job's name, the result of the last manual run; `asked` while it is unknown. */
  readonly answers: ReadonlySignal<Readonly<Record<string, ManualRunText | 'asked'>>>;
  /** Runs the job now, unless a manual run is in progress. */
  run(name: string): Promise<void>;
}

const jobsEveryMs = 5000;

export function createJobBoard(lab: LabState): JobBoard {
  const jobs = signal<Jobs | undefined>();
  const error = signal<LabError | undefined>();
  const answers = signal<Readonly<Record<string, ManualRunText | 'asked'>>>({});

  async function look(): Promise<void> {
    const fetched = await fetchJobs();
    if (fetched.outcome === 'ok') jobs.value = fetched.body;
    error.value = errorOf(fetched);
  }
  void lab.known.then(() => lab.watch(jobsEveryMs, look));

  return {
    jobs,
    error,
    answers,
    async run(name) {
      const job = jobs.value?.jobs.find((known) => known.name === name);
      if (!job || answers.value[name] === 'asked') return;
      const say = (answer: ManualRunText | 'asked') => {
        answers.value = { ...answers.value, [name]: answer };
      };
      say('asked');
      const answer = await runJob(name);
      await look();
      say(describeManualRun(answer, { job, leader: jobs.value?.leader ?? null, status: lab.status.value }));
    },
  };
}
