import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type Step, scriptOf } from './conformance-steps.ts';
import { type Reply, ReplyError } from './reply.ts';

/** A real server's reply to one step, with its clock before and after the step, in microseconds. */
export interface Observation {
  readonly reply: Reply | ReplyError;
  readonly before: number;
  readonly after: number;
}

/** With `stringNumbers` and Buffers, an integer comes as a string and a string as a Buffer. */
function convert(value: unknown): Reply | ReplyError {
  if (value instanceof Error) return new ReplyError(value.message);
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (typeof value === 'string' || typeof value === 'number') return Number(value);
  if (Array.isArray(value)) return value.map((item) => convert(item) as Reply);
  return null;
}

const micros = (value: unknown): number => {
  const [seconds, rest] = convert(value) as readonly string[];
  return Number(seconds) * 1_000_000 + Number(rest);
};

/** Sends the steps in as few round trips as their waits allow. @param name makes a key's name unique to the test. */
export async function observe(
  redis: Redis,
  steps: readonly Step[],
  name: (key: string) => string,
): Promise<Observation[]> {
  const observations: Observation[] = [];
  for (let from = 0, to = 0; from < steps.length; from = to) {
    const wait = steps.findIndex(({ expires }, index) => index >= from && expires);
    to = wait === -1 ? steps.length : wait + 1;
    const pipeline = redis.pipeline().callBuffer('TIME');
    for (const step of steps.slice(from, to)) {
      const { run, keys, args } = step;
      const script = scriptOf(step);
      const words = [...keys.map(name), ...args].map((word) => Buffer.from(word, 'latin1'));
      if (script) pipeline.callBuffer('EVAL', [script.source, String(keys.length), ...words]);
      else pipeline.callBuffer(run, words);
      pipeline.callBuffer('TIME');
    }
    const replies = ((await pipeline.exec()) ?? []).map(([error, value]) => error ?? value);
    for (let index = 1; index + 1 < replies.length; index += 2) {
      observations.push({
        reply: convert(replies[index]),
        before: micros(replies[index - 1]),
        after: micros(replies[index + 1]),
      });
    }
    if (wait !== -1) await sleep(3);
  }
  return observations;
}
