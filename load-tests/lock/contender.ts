import { onTestFinished } from 'vitest';
import type { LockOptions } from '../../app/redis-lock/index.ts';
import { type RemoteProcess, startRemote } from '../remote-process.ts';
import type { Contender } from './contender-process.ts';

/** Starts one more process that contends for locks. It is killed after the test. */
export async function startContender(
  urls: readonly string[],
  options: LockOptions,
): Promise<RemoteProcess<Pick<Contender, keyof Contender>>> {
  const program = new URL('contender-process.ts', import.meta.url);
  const contender = startRemote<Pick<Contender, keyof Contender>>(program, { execArgv: ['--import', 'tsx'] });
  onTestFinished(() => contender[Symbol.asyncDispose]());
  await contender.call('open', urls, options);
  return contender;
}
