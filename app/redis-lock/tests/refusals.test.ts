import { expect } from 'vitest';
import { ReplyError } from '../simulation/redis/simulated-redis.ts';
import { leaseOf, type Rig } from '../simulation/rig.ts';
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
  { answer: [1], fencing: true },
  { answer: [1, 'x', 3], fencing: true },
])('takes no reply for an answer that is none: $answer, fencing: $fencing', async ({ answer, fencing }, { rig }) => {
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

test('a Redis that refuses writes gets one release at a time, less and less often', async ({ rig, lock }) => {
  const leases = [];
  for (let index = 0; index < 20; index++) leases.push(await rig.hold(lock, `k${index}`));
  const server = rig.server();
  const handle = server.receive.bind(server);
  let refused = 0;
  server.receive = ({ request, reply }) => {
    if (request.kind === 'script') refused += 1;
    reply(new ReplyError("OOM command not allowed when used memory > 'maxmemory'."), null);
  };
  expect(await rig.until(Promise.all(leases.map((lease) => lease.release())))).toEqual(leases.map(() => 'expired'));
  await rig.pass(90);
  expect(refused).toBe(40); // each was sent by its holder, then at once in the background
  await rig.pass(2000);
  expect(refused - 40).toBeLessThanOrEqual(7); // after 100, 200, 400, 400, … ms
  server.receive = handle;
  await rig.pass(410);
  expect(rig.keys()).toEqual([]);
});

test('a key of another type does not hold up the releases of other keys', async ({ rig }) => {
  const [ours, rival] = [await rig.join({ ttlMs: 60_000 }), await rig.join({ ttlMs: 60_000 })];
  rig.call('ZADD', 'bad', '1', 'x');
  rig.call('PEXPIRE', 'bad', '100000');
  for (let turn = 0; turn < 30; turn++) {
    expect((await rig.until(ours.lock.acquire('bad'))).outcome).toBe('unavailable');
  }
  const lease = await rig.hold(ours.lock, 'k');
  const waiting = rival.lock.acquire('k', { waitMs: 30_000 }).then(leaseOf);
  await rig.pass(10);
  rig.time.after(0.25, () => rig.cut('commands', { of: [ours] }));
  expect(await rig.until(lease.release())).toBe('expired');
  const { value, tookMs } = await rig.timed(waiting);
  expect(tookMs).toBeLessThan(1000);
  await rig.until(value.release());
});

test('a pending release that is refused for good does not strand the others', async ({ rig }) => {
  const [lock] = await rig.joinAll(1, { ttlMs: 60_000 });
  const leases = [await rig.hold(lock, 'bad'), await rig.hold(lock, 'k1'), await rig.hold(lock, 'k2')];
  rig.cut('commands');
  expect(await rig.until(Promise.all(leases.map((lease) => lease.release())))).toEqual(leases.map(() => 'expired'));
  rig.call('DEL', 'bad');
  rig.call('ZADD', 'bad', '1', 'x');
  await rig.pass(1000);
  expect(rig.keys()).toEqual(['bad']);
  rig.call('DEL', 'bad');
});
