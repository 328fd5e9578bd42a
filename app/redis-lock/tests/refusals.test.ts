import { expect } from 'vitest';
import { ReplyError } from '../simulation/redis/simulated-redis.ts';
import type { Rig } from '../simulation/rig.ts';
import { test } from './rig-test.ts';

/** From now on the server answers everything with this error. @returns the number of its answers. */
function refuse(rig: Rig, message: string): () => number {
  let refused = 0;
  rig.server().receive = ({ reply }) => {
    refused += 1;
    reply(new ReplyError(message), null);
  };
  return () => refused;
}

test.for([
  { answer: 'QUEUED', fencing: true }, // the connection is inside a MULTI
  { answer: 'QUEUED', fencing: false },
  { answer: 'OK', fencing: true },
  { answer: 1, fencing: true },
  { answer: 1_700_000_000_000_000, fencing: false },
  { answer: null, fencing: true },
])('takes no reply for a grant that is none: $answer, with fencing: $fencing', async ({ answer, fencing }, { rig }) => {
  const [ours, theirs] = await rig.joinAll(2, { fencing });
  await rig.hold(theirs, 'k');
  rig.server().receive = ({ reply }) => reply(undefined, answer);
  const refused = await rig.until(ours.acquire('k'), 1000);
  expect(refused.outcome === 'unavailable' && refused.cause.message).toMatch(`Redis answered ${answer}`);
});

test('a release that the ACL forbids is not repeated', async ({ rig }) => {
  const [lock] = await rig.joinAll(1, { ttlMs: 10_000 });
  const lease = await rig.hold(lock, 'k');
  const refused = refuse(rig, "NOPERM this user has no permissions to run the 'evalsha' command");
  expect(await rig.until(lease.release())).toBe('expired');
  await rig.pass(5000);
  expect(refused()).toBe(4); // two commands that the server may have, the script, and once in the background
});

test('a server of a cluster is named as such', async ({ rig, lock }) => {
  refuse(rig, 'MOVED 1 127.0.0.1:7000');
  const refused = await rig.until(lock.acquire('k'));
  expect(refused.outcome === 'unavailable' && refused.cause.message).toMatch(/belongs to a Redis Cluster/);
});
