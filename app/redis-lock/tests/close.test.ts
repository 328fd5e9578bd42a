import { describe, expect, test } from 'vitest';
import { ReplyError } from '../simulation/redis/simulated-redis.ts';
import { kinds, leaseOf, type RigProcess, withRig } from '../simulation/rig.ts';
import type { LockClient, Replied } from '../src/client.ts';
import { type Script, scripts } from '../src/script.ts';

describe.each(kinds)('close on $kind', ({ servers }) => {
  test('releases every lease, aborts every wait, and leaves no key', () =>
    withRig({ servers }, async (rig) => {
      const [ours, theirs] = [await rig.join(), await rig.join()];
      const held = await rig.hold(ours.lock, 'held');
      const theirLease = await rig.hold(theirs.lock, 'wanted');
      const waits = [1, 2, 3].map(() => ours.lock.acquire('wanted', { waitMs: 10_000 }));
      await rig.pass(5);
      expect(rig.queue('wanted')).toHaveLength(1);
      expect(ours.clients.every(({ subscriptions }) => subscriptions.size === 1)).toBe(true);
      expect((await rig.timed(ours.lock.close())).tookMs).toBe(1);
      expect(await Promise.all(waits)).toEqual(Array(3).fill({ outcome: 'aborted' }));
      expect(held.validForMs()).toBe(0);
      expect(rig.holders('held')).toEqual(Array(servers).fill(undefined));
      expect(rig.queue('wanted')).toEqual([]);
      expect(ours.clients.every(({ subscriptions }) => subscriptions.size === 0)).toBe(true);
      expect(ours.lock.counts()).toEqual({ attempts: 0, localQueues: 0, deadlines: 0, aborts: 0 });
      expect(await rig.until(theirLease.release())).toBe('released');
      expect(await rig.until(ours.lock.acquire('k'))).toEqual({ outcome: 'unavailable', cause: expect.any(Error) });
    }));

  test('may be called again, during and after the first call', () =>
    withRig({ servers }, async (rig) => {
      const [lock, holder] = await rig.joinAll(2);
      await rig.hold(lock, 'held');
      await rig.hold(holder, 'wanted');
      const waiting = lock.acquire('wanted', { waitMs: 10_000 });
      await rig.pass(5);
      const first = lock.close();
      const second = lock.close();
      await rig.until(Promise.all([first, second]), 10);
      expect(await waiting).toEqual({ outcome: 'aborted' });
      expect((await rig.timed(lock.close())).tookMs).toBe(0);
    }));

  test('ends at the node timeout if a release gets no answer', () =>
    withRig({ servers }, async (rig) => {
      const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 200 });
      const lease = await rig.hold(lock, 'k');
      rig.freeze();
      const released = lease.release();
      expect((await rig.timed(lock.close())).tookMs).toBe(200);
      expect(await released).toBe('expired');
      rig.thaw();
      await rig.pass(1);
      expect(rig.keys()).toEqual([]);
    }));

  test.each([
    { answer: 'in time', thawAfterMs: 100, tookMs: 101.5 },
    { answer: 'never', thawAfterMs: 1000, tookMs: 800 },
  ])('aborts a caller while its token is raised; answer: $answer', ({ thawAfterMs, tookMs }) =>
    withRig({ servers }, async (rig) => {
      const [lock] = await rig.joinAll(1, { nodeTimeoutMs: 400 });
      const lease = await rig.hold(lock, 'other');
      const raised = lock.acquire('k', { minToken: lease.token + 1_000_000n, waitMs: 5000 });
      await rig.pass(1); // granted, and the request that raises the token is under way
      expect(rig.holders('k')).not.toContain(undefined);
      rig.freeze();
      rig.time.after(thawAfterMs, () => rig.thaw());
      expect((await rig.timed(lock.close())).tookMs).toBe(tookMs); // a node timeout for this, and one for the release
      expect(await raised).toEqual({ outcome: 'aborted' });
      await rig.pass(thawAfterMs);
      expect(rig.keys()).toEqual([]);
    }),
  );

  test('hands no lock over to its own waiters', () =>
    withRig({ servers }, async (rig) => {
      const [lock] = await rig.joinAll(1);
      const first = lock.acquire('k', { waitMs: 1000 });
      const second = lock.acquire('k', { waitMs: 1000 });
      leaseOf(await rig.until(first));
      await rig.until(lock.close());
      expect(await second).toEqual({ outcome: 'aborted' });
      expect(rig.keys()).toEqual([]);
    }));
});

/** The servers do not have this script cached: a client sends it in full after a first answer, if it is still wanted. */
function forget({ clients }: RigProcess, { sha1 }: Script): void {
  for (const client of clients as readonly LockClient[]) {
    const runScript = client.runScript.bind(client);
    client.runScript = (script, keys, args, done, isWanted) => {
      const run = (): void => runScript(script, keys, args, done, isWanted);
      if (script.sha1 !== sha1) return run();
      const refused: Replied = () => {
        if (isWanted()) run();
        else done(new ReplyError('NOSCRIPT No matching script.'), undefined);
      };
      client.runCommand(['EXISTS', keys.lock], refused, isWanted);
    };
  }
}

describe.each(kinds)('close with an acquire in flight, on $kind', ({ servers }) => {
  test('waits for its release', () =>
    withRig({ servers }, async (rig) => {
      const ours = await rig.join();
      const acquiring = ours.lock.acquire('k');
      await rig.pass(0.25);
      expect((await rig.timed(ours.lock.close())).tookMs).toBeGreaterThanOrEqual(1);
      expect(await acquiring).toEqual({ outcome: 'aborted' });
      expect(rig.keys()).toEqual([]);
    }));

  test('sends its release in full to a server that does not have it', () =>
    withRig({ servers }, async (rig) => {
      const ours = await rig.join();
      forget(ours, scripts.release);
      void ours.lock.acquire('k');
      await rig.pass(0.25);
      await rig.until(ours.lock.close());
      expect(rig.keys()).toEqual([]);
    }));

  test('does not send it in full to a server that does not have it', () =>
    withRig({ servers }, async (rig) => {
      const ours = await rig.join();
      forget(ours, scripts.acquire);
      const lease = await rig.hold(ours.lock, 'k'); // sent in full
      await rig.until(lease.release());
      void ours.lock.acquire('k');
      await rig.pass(0.25);
      await rig.until(ours.lock.close());
      expect(rig.keys()).toEqual([]);
    }));

  test('does not ask again if its SET finds the lock held', () =>
    withRig({ servers }, async (rig) => {
      const [ours, theirs] = await rig.joinAll(2, { fencing: false });
      const lease = await rig.hold(theirs, 'k');
      void ours.acquire('k');
      await rig.pass(0.75); // the SET was refused; its answer is under way
      void lease.release();
      await rig.until(ours.close());
      expect(rig.keys()).toEqual([]);
    }));
});

test('close sends one pending release at a time to a server that refuses', () =>
  withRig({}, async (rig) => {
    const [lock] = await rig.joinAll(1);
    for (let index = 0; index < 20; index++) await rig.hold(lock, `k${index}`);
    const server = rig.server();
    const handle = server.receive.bind(server);
    let refused = 0;
    server.receive = ({ reply }) => {
      refused += 1;
      reply(new ReplyError("OOM command not allowed when used memory > 'maxmemory'."), null);
    };
    expect((await rig.timed(lock.close())).tookMs).toBeLessThanOrEqual(1 + 500 + 10);
    expect(refused).toBeLessThanOrEqual(3 * 20 + 50); // by their holders, twice in the background, then one by one
    server.receive = handle;
  }));
