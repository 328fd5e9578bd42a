import type { LabStatus } from '../../../../lab/instances/registry.ts';
import type { Fetched } from '../../api/http.ts';
import type { Job, Jobs, ManualRun } from '../../api/jobs.ts';
import { describeRun, formatDuration } from './describe-jobs.ts';

/** The context of the answer to a manual run of a job. */
export interface JobContext {
  readonly job: Pick<Job, 'ttlMs' | 'onLeader'>;
  readonly leader: Jobs['leader'];
  readonly status: Pick<LabStatus, 'redis' | 'database'> | undefined;
}

/** Describes the answer to a manual run, and whether the job ran. */
export interface ManualRunText {
  readonly text: string;
  readonly state: 'right' | 'wrong' | 'open';
}

export function describeManualRun(answer: Fetched<ManualRun>, around: JobContext): ManualRunText {
  if (answer.outcome === 'unreachable') return unanswered;
  if (answer.outcome === 'problem') return { text: describeRefusal(answer, around), state: 'wrong' };
  const { status, run } = answer.body;
  if (!run) return { text: '✕ Started, but its record has been deleted since.', state: 'wrong' };
  if (status === 'running') return { text: `… Running on ${run.instance}. The result appears below.`, state: 'open' };
  const { mark, word, state } = describeRun(run, around.job, run.startedAt);
  return { text: `${mark} Ran on ${run.instance}: ${word} ${formatDuration(run) ?? ''}`.trim(), state };
}

const unanswered: ManualRunText = { text: '? No answer. If it ran, it appears below.', state: 'wrong' };

type Refusal = Extract<Fetched<ManualRun>, { outcome: 'problem' }>;

function describeRefusal({ problem, detail, headers }: Refusal, { job, leader, status }: JobContext): string {
  switch (problem) {
    case 'job-busy': {
      const asked = headers.get('X-Instance');
      if (job.onLeader && asked && asked !== leader?.instance)
        return `✕ Not run: it runs on the leader only (${leader?.instance ?? 'unknown'}), and nginx chose ${asked}. Try again.`;
      return `✕ Not run: another instance is running it, or has just run it.${again(headers)}`;
    }
    case 'unavailable':
      return `✕ Not run: ${describeDown(status)}, so the job’s lock cannot be checked.`;
    case 'bad-gateway':
    case 'gateway-timeout':
      return unanswered.text;
    case 'not-found':
      return '✕ Not run: the lab is off on that instance.';
    default:
      return `✕ Not run: ${detail}`;
  }
}

/** Names the server that is down, if the status says which. */
function describeDown(status: JobContext['status']): string {
  if (status?.redis === 'down') return 'Redis does not answer';
  if (status?.database === 'down') return 'MySQL does not answer';
  return 'Redis or MySQL did not answer';
}

function again(headers: Headers): string {
  const seconds = Number(headers.get('Retry-After'));
  return seconds > 0 ? ` Try again in ${seconds} s.` : '';
}
