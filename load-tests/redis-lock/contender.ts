import { type RemoteProcess, startRemote } from '../stack/processes/remote-process.ts';
import type { Contender } from './contender-process.ts';

/** A process that contends for locks after it has opened one. */
export type ContenderProcess = RemoteProcess<Pick<Contender, keyof Contender>>;

export function startContender(): ContenderProcess {
  const program = new URL('contender-process.ts', import.meta.url);
  return startRemote(program, { execArgv: ['--import', 'tsx'] });
}
