import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { TraceEvent } from '../../app/lab/trace/event.ts';
import { listen } from '../../app/testing/event-stream.ts';
import { testStack } from '../../app/testing/stack.ts';
import { soon, until } from '../../app/testing/until.ts';
import { callLab, resetUsers, untilQuiet } from '../client/lab-client.ts';
import { loadSlice } from '../client/load.ts';

const auditSchema = z.object({ staleWrites: z.number() });

test('under load, the trace shows a stale write exactly where the database counts one, and no event is missing', async () => {
  const { url } = testStack();
  const trace = randomUUID();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const users = (await resetUsers(url, 8)).map(({ id }) => ({ id, amount: 4900 }));
  await using stream = await listen(`/lab/trace?trace=${trace}`);
  const headers = { 'x-lab-trace': trace, 'x-lock-mode': 'none' };
  const { requests } = await loadSlice({ url, users, connections: 12, seconds: 0, requests: 300, seed, headers });
  await untilQuiet({ url, instances: new Set(['app-1', 'app-2', 'app-3']), ...soon });
  const { staleWrites } = await callLab(url, '/lab/audit', auditSchema);

  const steps = (): TraceEvent[] => stream.events.filter(({ event }) => event === 'step').map(({ data }) => data);
  const of = (step: string) => steps().filter((event) => event.step === step);
  // Requests that autocannon gave up at its end are answered as well.
  const isComplete = () => of('answered').length >= requests && of('answered').length === of('arrived').length;
  await until('every answer is in the trace', isComplete, soon);
  const stale = of('written').filter(({ overwrote, readVersion }) => overwrote !== readVersion);
  expect(staleWrites, `seed ${seed}`).toBeGreaterThan(0);
  expect(stale.length, `seed ${seed}`).toBe(staleWrites);
  expect(of('written').filter(({ overwrote }) => overwrote === undefined)).toEqual([]);
  expect(stream.events.filter(({ event }) => event !== 'step')).toEqual([]);

  // Each user's writes count its versions, one by one: none is missing, and none comes twice.
  for (const { id } of users) {
    const overwritten = of('written')
      .filter(({ userId }) => userId === id)
      .map(({ overwrote }) => overwrote ?? -1);
    expect(overwritten.sort((a, b) => a - b)).toEqual(overwritten.map((_, version) => version));
  }
});
