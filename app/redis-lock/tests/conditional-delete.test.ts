import { describe, expect } from 'vitest';
import { ReplyError } from '../simulation/redis/simulated-redis.ts';
import { leaseOf, type Rig } from '../simulation/rig.ts';
import { test } from './rig-test.ts';

const verbs = (rig: Rig) => rig.ran.map(({ verb }) => verb);

describe.each(['DELEX', 'DELIFEQ'] as const)('a server with %s', (conditionalDelete) => {
  test.override('rigOptions', { conditionalDelete });

  test('releases by it once the server is known to have it', async ({ rig, lock }) => {
    const turn = async (): Promise<void> => {
      const lease = await rig.hold(lock, 'k');
      const { value, tookMs } = await rig.timed(lease.release());
      expect([value, tookMs]).toEqual(['released', 1]);
      await rig.pass(10);
    };
    await turn();
    expect(verbs(rig)).toContain('release');
    rig.ran.length = 0;
    await turn();
    await turn();
    expect(verbs(rig)).toEqual(['acquire', conditionalDelete, 'acquire', conditionalDelete]);
    expect(rig.keys()).toEqual([]);
  });

  test('serves the waiters that have queued meanwhile', async ({ rig, ours, theirs }) => {
    await rig.until((await rig.hold(ours, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(ours, 'k');
    const waiting = theirs.acquire('k', { waitMs: 10_000 }).then(leaseOf);
    await rig.pass(10);
    expect(await rig.until(lease.release())).toBe('released');
    const { value, tookMs } = await rig.timed(waiting);
    expect(tookMs).toBeLessThan(10);
    rig.ran.length = 0;
    expect(await rig.until(value.release())).toBe('released');
    expect(verbs(rig)).toEqual(['release']); // served in turn: others may wait
  });

  test('answers "expired" for a lock that is gone', async ({ rig, lock }) => {
    await rig.until((await rig.hold(lock, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(lock, 'k');
    rig.call('SET', 'k', 'rival', 'PX', '1000');
    expect(await rig.until(lease.release())).toBe('expired');
    expect(rig.holders('k')).toEqual(['rival']);
  });

  test('goes back to the script after a failover to a server without the command', async ({ rig }) => {
    const member = await rig.join();
    await rig.until((await rig.hold(member.lock, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(member.lock, 'k');
    const { redis } = rig.server();
    const call = redis.call.bind(redis);
    redis.call = (name, ...args) => call(name === conditionalDelete ? 'DELETED' : name, ...args);
    expect(await rig.until(lease.release())).toBe('released');
    rig.ran.length = 0;
    expect(await rig.until((await rig.hold(member.lock, 'k')).release())).toBe('released');
    expect(verbs(rig)).toEqual(['acquire', 'release']);
  });

  test('frees a lock with waiters although the answer is late', async ({ rig }) => {
    const [member, rival] = [await rig.join({ ttlMs: 60_000, nodeTimeoutMs: 200 }), await rig.join({ ttlMs: 60_000 })];
    await rig.until((await rig.hold(member.lock, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(member.lock, 'k');
    const waiting = rival.lock.acquire('k', { waitMs: 30_000 }).then(leaseOf);
    await rig.pass(10);
    rig.delay(member, 'commands', 300);
    const { value, tookMs } = await rig.timed(lease.release());
    expect([value, tookMs]).toEqual(['expired', 200]);
    rig.delay(member, 'commands', 0);
    expect((await rig.timed(waiting)).tookMs).toBeLessThan(1000);
    expect(await rig.until((await waiting).release())).toBe('released');
  });

  test('is closed after the script that has to follow', async ({ rig }) => {
    const [ours, rival] = [await rig.join({ ttlMs: 60_000 }), await rig.join({ ttlMs: 60_000 })];
    await rig.until((await rig.hold(ours.lock, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(ours.lock, 'k');
    const waiting = rival.lock.acquire('k', { waitMs: 30_000 }).then(leaseOf);
    await rig.pass(10);
    void lease.release();
    await rig.until(ours.lock.close());
    rig.cut('commands', { of: [ours] }); // drops what has not arrived
    expect((await rig.timed(waiting)).tookMs).toBeLessThan(1000);
    await rig.until((await waiting).release());
  });

  test('releases in the background when the answer is lost', async ({ rig }) => {
    const member = await rig.join({ ttlMs: 20_000, nodeTimeoutMs: 200 });
    await rig.until((await rig.hold(member.lock, 'k')).release());
    await rig.pass(10);
    const lease = await rig.hold(member.lock, 'k');
    rig.time.after(0.25, () => rig.cut('commands', { of: [member] }));
    expect(await rig.until(lease.release())).toBe('expired');
    await rig.pass(500);
    expect(rig.keys()).toEqual([]);
  });
});

test('gives up on a server that refuses in words of its own', async ({ rig, lock }) => {
  const server = rig.server();
  const handle = server.receive.bind(server);
  let refused = 0;
  server.receive = (arrival) => {
    if (arrival.request.kind !== 'command') return handle(arrival);
    refused += 1;
    arrival.reply(new ReplyError('ERR unsupported by this proxy'), null);
  };
  for (let turn = 0; turn < 10; turn++) {
    expect(await rig.until((await rig.hold(lock, 'k')).release())).toBe('released');
    await rig.pass(10);
  }
  expect(refused).toBe(3);
});
