import type { Fetched } from '../api/http.ts';
import type { LabStatus } from '../api/lab.ts';

/** Why the lab has not answered as it should; `problem` as the last part of a problem's type. */
export interface LabError {
  readonly problem: string;
  readonly detail?: string;
}

/** @returns why a question was not answered as it should be; undefined when it was. */
export function errorOf(fetched: Fetched<unknown>): LabError | undefined {
  if (fetched.outcome === 'ok') return undefined;
  return fetched.outcome === 'unreachable' ? { problem: 'unreachable' } : fetched;
}

export interface Symptoms {
  readonly error: LabError | undefined;
  readonly status: Pick<LabStatus, 'redis' | 'database' | 'instances'> | undefined;
  readonly stream: 'connecting' | 'open' | 'reconnecting' | undefined;
  readonly gap: boolean;
}

/** @returns what is wrong, the worst first, each in words that say what it means for whoever is at the page. */
export function describeErrors({ error, status, stream, gap }: Symptoms): string[] {
  const lines: string[] = [];
  // A question that failed for want of MySQL or Redis says nothing new where it is known which of them is down.
  const isSymptom = error?.problem === 'unavailable' || error?.problem === 'internal';
  const isExplained = isSymptom && (status?.database === 'down' || status?.redis === 'down');
  if (error && !isExplained) lines.push(describeError(error));
  else {
    if (status?.database === 'down')
      lines.push('MySQL does not answer. Every pay and cancel is refused or left unfinished until it is back.');
    if (status?.redis === 'down')
      lines.push(
        'Redis does not answer. Whoever needs its lock is refused, rather than let in unguarded; there is no trace.',
      );
    const silent = status?.instances.filter(({ state }) => state === 'silent').map(({ name }) => name) ?? [];
    if (silent.length > 0) lines.push(`Nothing is heard of ${silent.join(' and ')}. The others go on.`);
  }
  if (stream === 'reconnecting')
    lines.push('The stream of events is cut. Reconnecting; what happens meanwhile comes later.');
  if (gap) lines.push('Some events were gone before they could be fetched: a picture may have holes.');
  return lines;
}

function describeError({ problem, detail }: LabError): string {
  switch (problem) {
    case 'unreachable':
      return 'The lab does not answer. It may have been stopped; it is asked again every two seconds.';
    case 'bad-gateway':
    case 'gateway-timeout':
      return 'nginx answers, and no instance behind it does. It is asked again every two seconds.';
    case 'unavailable':
      return `An instance answers: “${detail ?? 'It cannot be used now.'}” It is asked again every few seconds.`;
    case 'internal':
      return 'MySQL or Redis has failed under a question of this page. It is asked again every few seconds.';
    default:
      return `The lab answers with a problem: ${detail ?? problem}`;
  }
}
