import type { Fetched } from '../api/http.ts';
import type { Job, Jobs, ManualRun } from '../api/jobs.ts';
import type { LabStatus } from '../api/lab.ts';
import { describeRun, formatDuration } from './describe-jobs.ts';

/** What is known beside the answer when somebody has had a job run. */
export interface JobContext {
  readonly job: Pick<Job, 'ttlMs' | 'onLeader'>;
  readonly leader: Jobs['leader'];
  readonly status: Pick<LabStatus, 'redis' | 'database'> | undefined;
}

/** The answer to somebody who has had a job run, in words that say whether it was run. */
export interface ManualRunText {
  readonly text: string;
  readonly state: 'right' | 'wrong' | 'open';
}

export function describeManualRun(answer: Fetched<ManualRun>, around: JobContext): ManualRunText {
  if (answer.outcome === 'unreachable') return unanswered;
  if (answer.outcome === 'problem') return { text: describeRefusal(answer, around), state: 'wrong' };
  const { status, run } = answer.body;
  if (!run) return { text: '✕ Begun, and its record is gone: it is older than what is kept.', state: 'wrong' };
  if (status === 'running')
    return { text: `… Begun on ${run.instance}, and still running. Its end will be told below.`, state: 'open' };
  const { mark, word, state } = describeRun(run, around.job, run.startedAt);
  return { text: `${mark} Ran on ${run.instance}: ${word} ${formatDuration(run) ?? ''}`.trim(), state };
}

const unanswered: ManualRunText = { text: '? No answer. Whether it was run will be seen below.', state: 'wrong' };

type Refusal = Extract<Fetched<ManualRun>, { outcome: 'problem' }>;

function describeRefusal({ problem, detail, headers }: Refusal, { job, leader, status }: JobContext): string {
  switch (problem) {
    case 'job-busy': {
      const asked = headers.get('X-Instance');
      if (job.onLeader && asked && asked !== leader?.instance)
        return `✕ Not run: it runs on the leader only (${leader?.instance ?? 'nobody is known to lead'}), and nginx asked ${asked}. Try again.`;
      return `✕ Not run: it is running elsewhere, or has run just now.${again(headers)}`;
    }
    case 'unavailable':
      return `✕ Not run: ${describeDown(status)}, so nobody can tell whether another instance is at it.`;
    case 'bad-gateway':
    case 'gateway-timeout':
      return unanswered.text;
    case 'not-found':
      return '✕ Not run: the lab is off on the instance that was asked.';
    default:
      return `✕ Not run: ${detail}`;
  }
}

/** Where it is known which of the two is down, that one is named. */
function describeDown(status: JobContext['status']): string {
  if (status?.redis === 'down') return 'Redis does not answer';
  if (status?.database === 'down') return 'MySQL does not answer';
  return 'Redis or MySQL did not answer';
}

function again(headers: Headers): string {
  const seconds = Number(headers.get('Retry-After'));
  return seconds > 0 ? ` Try again in ${seconds} s.` : '';
}
