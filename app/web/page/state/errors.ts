import type { LabStatus } from '../../../lab/instances/registry.ts';
import type { Fetched } from '../api/http.ts';

/** Why a request to the lab failed; `problem` is the last part of a problem's type. */
export interface LabError {
  readonly problem: string;
  readonly detail?: string;
}

/** @returns why a request failed; undefined if it did not. */
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

/** @returns what is wrong and what it means for the user, the worst first. */
export function describeErrors({ error, status, stream, gap }: Symptoms): string[] {
  const lines: string[] = [];
  // A request that failed because of MySQL or Redis adds nothing if the status says which of them is down.
  const isSymptom = error?.problem === 'unavailable' || error?.problem === 'internal';
  const isExplained = isSymptom && (status?.database === 'down' || status?.redis === 'down');
  if (error && !isExplained) lines.push(describeError(error));
  else {
    if (status?.database === 'down')
      lines.push('MySQL does not answer. Every pay and cancel is refused or left unfinished until it is back.');
    if (status?.redis === 'down')
      lines.push(
        'Redis does not answer. Requests that need its lock are refused, never run unguarded. There is no trace.',
      );
    const silent = status?.instances.filter(({ state }) => state === 'silent').map(({ name }) => name) ?? [];
    if (silent.length > 0) lines.push(`No heartbeat from ${silent.join(' and ')}. The other instances continue.`);
  }
  if (stream === 'reconnecting') lines.push('The event stream is disconnected. Reconnecting; missed events follow.');
  if (gap) lines.push('Some events were lost before they could be read: a picture may have gaps.');
  return lines;
}

const noInstance = 'nginx answers, but no instance behind it does. Retrying every two seconds.';

function describeError({ problem, detail }: LabError): string {
  const texts: Readonly<Record<string, string>> = {
    unreachable: 'The lab does not answer. It may be stopped. Retrying every two seconds.',
    'partly-unreachable':
      'Some requests of this page are not answered, others are: an instance may be frozen. They are sent again.',
    'bad-gateway': noInstance,
    'gateway-timeout': noInstance,
    unavailable: `An instance answers: “${detail ?? 'Unavailable.'}” Retrying every few seconds.`,
    internal: 'MySQL or Redis failed during a request of this page. Retrying every few seconds.',
  };
  return texts[problem] ?? `The lab reports a problem: ${detail ?? problem}`;
}
