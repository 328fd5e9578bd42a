import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContenderProcess, startContender } from './contender.ts';
import { inTime, newKey } from './leases.ts';
import { useRedisPool } from './redis-pool.ts';

const pool = useRedisPool(5);
const [processes, callersEach, turns] = [3, 4, 10];

let contenders: ContenderProcess[];
beforeAll(() => {
  contenders = Array.from({ length: processes }, startContender);
});
afterAll(async () => {
  await Promise.all(contenders.map((contender) => contender[Symbol.asyncDispose]()));
});

/** A lease, from the answer that granted it to the call that released it, by a clock that all processes share. */
interface Held {
  readonly token: bigint;
  readonly from: number;
  readonly to: number;
}

test.each([
  { kind: 'one Redis', nodes: 1 },
  { kind: 'five nodes', nodes: 5 },
])('has one holder at a time among three processes, on $kind', async ({ nodes }) => {
  const urls = pool.servers.slice(0, nodes).map(({ url }) => url);
  const options = { ttlMs: 60_000, nodeTimeoutMs: 10_000 };
  await Promise.all(contenders.map((contender) => contender.call('open', urls, options)));
  const key = newKey();
  const held: Held[] = [];
  const answers: (string | undefined)[] = [];

  const callers = contenders.flatMap((contender) =>
    Array.from({ length: callersEach }, async (_, caller) => {
      for (let turn = 0; turn < turns; turn++) {
        const { token, repliedAt } = await contender.call('acquire', key, { waitMs: 60_000 });
        if ((turn + caller) % 5 === 0) answers.push(await contender.call('extend', token));
        const { outcome, calledAt } = await contender.call('release', token);
        answers.push(outcome);
        held.push({ token, from: repliedAt, to: calledAt });
      }
    }),
  );
  await Promise.all(callers);

  const total = processes * callersEach * turns;
  expect(held).toHaveLength(total);
  expect(answers.filter((outcome) => outcome === 'released')).toHaveLength(total);
  expect(answers.filter((outcome) => outcome === 'extended')).toHaveLength(total / 5);
  expect(answers).toHaveLength(total + total / 5);
  held.sort((a, b) => a.from - b.from);
  const next = held.slice(1);
  expect(next.filter(({ from }, index) => from < (held[index]?.to ?? 0))).toEqual([]);
  expect(next.filter(({ token }, index) => token <= (held[index]?.token ?? 0n))).toEqual([]);
  await expect.poll(() => pool.leftovers(), inTime).toEqual([]);
});
