import type { LogLine } from './log-tail.ts';

/** @returns the line for the transcript; undefined if it is left out. */
export function describeLine({ time, instance, msg, job, tick, token }: LogLine): string | undefined {
  if (job === 'sync')
    return say(time, instance, msg, [tick && `tick ${tick.slice(16, 19)}`, token && `token ${token}`]);
  return /leader|lead /.test(msg) ? say(time, instance, msg, [token && `token ${token}`]) : undefined;
}

function say(time: string, instance: string, msg: string, notes: readonly (string | undefined)[]): string {
  const noted = notes.filter((note) => note).join(', ');
  return `${clock(time, 12)}  ${instance}  ${msg}${/ answered \d+$/.test(msg) || !noted ? '' : `  (${noted})`}`;
}

/** @returns the time of day of an ISO 8601 time. */
function clock(iso: string, characters = 8): string {
  return iso.slice(11, 11 + characters);
}
