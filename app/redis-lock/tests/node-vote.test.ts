import { expect, test } from 'vitest';
import { type Rig, type RigProcess, withRig } from '../simulation/rig.ts';
import type { LockClient } from '../src/client.ts';
import { Deadlines } from '../src/deadlines.ts';
import type { GrantNotification } from '../src/grant-notifications.ts';
import { lockKeys } from '../src/keys.ts';
import { LockNode } from '../src/node.ts';
import { type Acquirer, NodeVote } from '../src/node-vote.ts';
import { quorumValidUntil } from '../src/quorum.ts';

const ttlMs = 5000;
const worth = ttlMs * 0.99 - 2;

interface Votes {
  readonly rig: Rig;
  readonly process: RigProcess;
  readonly holder: NodeVote;
  readonly waiter: NodeVote;
  /** The notifications so far, held back for the test to deliver. */
  readonly grants: GrantNotification[];
}

/** One node's votes for two attempts: one holds the lock there, the other waits. */
function withVotes(body: (votes: Votes) => Promise<void>): Promise<void> {
  return withRig({}, async (rig) => {
    const process = await rig.join({ nodeTimeoutMs: 2000 }); // its connections outlast a request's timeout
    const [client] = process.clients;
    if (!client) throw new Error('there is no client');
    const runtime = process.process;
    const grants: GrantNotification[] = [];
    const node = new LockNode(client, {
      ...{
        timeoutMs: 1000,
        runtime,
        deadlines: new Deadlines(runtime),
        clock: () => '',
        channelOf: () => 'redis-lock:votes',
      },
      onGrant: (grant) => grants.push(grant),
      onListening: () => {},
    });
    node.listen(lockKeys('k'));
    await rig.pass(5);
    const [holder, waiter] = [1, 2].map((number) => {
      let ids = 0;
      const acquirer: Acquirer = {
        ...{ keys: lockKeys('k'), ttlMs, waits: true, isOver: false },
        ...{ fencing: true, runtime },
        clock: () => '',
        arrivalBy: () => '',
        newId: () => `votes:${number}.${++ids}:${ttlMs}`,
        validityMs: (ms) => ms * 0.99 - 2,
        onAnswer: () => {},
      };
      return new NodeVote(node, acquirer, `votes:${number}:${ttlMs}`);
    }) as [NodeVote, NodeVote];
    holder.ask('');
    waiter.ask('');
    await rig.pass(1);
    expect([holder.answer, waiter.answer]).toEqual(['granted', 'queued']);
    rig.ran.length = 0;
    await body({ rig, process, holder, waiter, grants });
    for (const vote of [holder, waiter]) vote.abandon();
    await rig.until(node.close());
  });
}

/** The holder releases the lock; the waiter's notification is held back. */
async function handOver({ rig, holder, grants }: Votes): Promise<GrantNotification> {
  holder.askWithNewId('');
  await rig.pass(1);
  const [grant] = grants;
  if (!grant) throw new Error('there was no notification');
  return grant;
}

const asked = ({ rig, waiter }: Votes) => rig.ran.filter(({ id }) => id === waiter.id).length;

test('queues under a new id on a node whose lock it released', () =>
  withVotes(async ({ rig, holder, waiter }) => {
    const before = holder.id;
    holder.askWithNewId('');
    expect([holder.answer, holder.validUntil]).toEqual(['asked', 0]);
    await rig.pass(1);
    expect([holder.answer, holder.validUntil]).toEqual(['queued', 0]);
    expect(holder.id).not.toBe(before);
    expect(rig.holders('k')).toEqual([waiter.id]);
    expect(rig.queue('k')).toEqual([holder.id]);
  }));

test('keeps the confirmed validity while the node is asked again', () =>
  withVotes(async ({ rig, holder }) => {
    const { validUntil } = holder;
    expect(validUntil).toBe(rig.now - 1 + worth);
    await rig.pass(100);
    holder.ask('');
    expect([holder.answer, holder.validUntil]).toEqual(['asked', validUntil]);
    await rig.pass(1);
    expect([holder.answer, holder.validUntil]).toEqual(['granted', validUntil + 101]);
  }));

test('trusts a notification, and counts validity from its last request', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const askedAt = rig.now - 1;
    await rig.pass(100);
    const grant = await handOver(votes);
    waiter.onNotification(grant);
    expect(waiter.answer).toBe('granted');
    expect(waiter.lastToken).toBe(grant.lastToken);
    expect(waiter.validUntil).toBe(askedAt + worth);
    await rig.pass(5);
    expect(asked(votes)).toBe(0);
  }));

test.each<[string, number, (grant: GrantNotification) => GrantNotification]>([
  ['of an offer', 0, (grant) => ({ ...grant, ttlMs: 500 })],
  ['received after a twentieth of the TTL', 250, (grant) => grant],
])('asks the node about a notification %s', (_what, lateMs, altered) =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    await rig.pass(lateMs);
    waiter.onNotification(altered(grant));
    expect([waiter.answer, waiter.validUntil]).toEqual(['asked', 0]);
    await rig.pass(1);
    expect(waiter.answer).toBe('granted');
    expect(waiter.validUntil).toBe(rig.now - 1 + worth);
    expect(asked(votes)).toBe(1);
  }),
);

test('asks the node about a notification while disconnected', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    rig.cut('commands');
    waiter.onNotification(grant);
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['failed', 0]);
  }));

test('ignores a notification of a grant that ended before the last answer', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    rig.call('SET', 'k', 'rival', 'PX', '60000');
    waiter.ask('');
    await rig.pass(1);
    expect(waiter.answer).toBe('queued');
    rig.ran.length = 0;
    waiter.onNotification(grant);
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil, asked(votes)]).toEqual(['queued', 0, 0]);
  }));

test('asks the node about a notification if the last answer named no token', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    rig.call('SET', 'k', 'rival', 'PX', '60000'); // it has held the lock for longer than the last token is kept
    rig.call('DEL', '{k}:fence');
    waiter.ask('');
    await rig.pass(1);
    expect(waiter.answer).toBe('queued');
    waiter.onNotification(grant);
    expect([waiter.answer, waiter.validUntil]).toEqual(['asked', 0]);
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
  }));

test('ignores a notification for a released id', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    waiter.ask('');
    await rig.pass(1);
    expect(waiter.answer).toBe('granted'); // by an answer; the notification is still in flight
    waiter.askWithNewId('');
    waiter.onNotification(grant);
    expect([waiter.answer, waiter.validUntil]).toEqual(['asked', 0]);
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
    waiter.onNotification(grant);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
    expect(rig.holders('k')).not.toEqual([waiter.id]);
  }));

test('keeps a grant when an older answer arrives after the notification', () =>
  withVotes(async (votes) => {
    const { rig, process, holder, waiter, grants } = votes;
    rig.delay(process, 'commands', 20);
    waiter.ask(''); // answered before the hand-over, and delivered after it
    await rig.pass(0.25);
    holder.askWithNewId('');
    await rig.pass(1);
    const [grant] = grants;
    if (!grant) throw new Error('there was no notification');
    waiter.onNotification(grant);
    const { validUntil } = waiter;
    expect(waiter.answer).toBe('granted');
    await rig.pass(25);
    expect([waiter.answer, waiter.validUntil]).toEqual(['granted', validUntil]);
    rig.delay(process, 'commands', 0);
  }));

test('loses a grant by a later answer', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    waiter.onNotification(await handOver(votes));
    rig.call('SET', 'k', 'rival', 'PX', '60000');
    waiter.ask('');
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
  }));

test('loses a grant by a later answer of a server that has lost its tokens', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    waiter.onNotification(await handOver(votes));
    rig.call('SET', 'k', 'rival', 'PX', '60000');
    rig.call('DEL', '{k}:fence');
    waiter.ask('');
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
  }));

test('ignores a notification older than a lock that was taken without a token', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    rig.call('SET', 'k', '~other:1:60000', 'PX', '60000'); // on a replica that has missed the hand-over
    rig.call('SET', '{k}:fence', String(grant.lastToken - 16), 'PX', '60000');
    waiter.ask('');
    await rig.pass(1);
    waiter.onNotification(grant);
    expect(waiter.answer).toBe('queued');
  }));

test('loses a grant by an answer to a request sent before the notification', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    const grant = await handOver(votes);
    rig.call('SET', 'k', 'rival', 'PX', '60000');
    waiter.ask('');
    await rig.pass(0.25);
    waiter.onNotification(grant);
    expect(waiter.answer).toBe('granted');
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
  }));

test('ignores an answer for a released id', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    await handOver(votes);
    waiter.ask('');
    await rig.pass(0.25);
    waiter.ask('');
    await rig.pass(0.75);
    expect(waiter.answer).toBe('granted'); // by the first answer; the second is in flight
    waiter.askWithNewId('');
    await rig.pass(0.5);
    expect([waiter.answer, waiter.validUntil]).toEqual(['asked', 0]);
    await rig.pass(0.5);
    expect([waiter.answer, waiter.validUntil]).toEqual(['queued', 0]);
  }));

test('wants no request to be sent again for a released id, or for an extension that is over', () =>
  withVotes(async ({ rig, process, holder, waiter }) => {
    const client = process.clients[0] as LockClient;
    const runScript = client.runScript.bind(client);
    const wanted: (() => boolean)[] = [];
    client.runScript = (script, keys, args, done, isWanted) => {
      wanted.push(isWanted);
      runScript(script, keys, args, done, isWanted);
    };
    waiter.ask('');
    waiter.askWithNewId('');
    for (const isHeld of [false, true]) {
      holder.extend(
        ttlMs,
        '',
        () => isHeld,
        () => {},
      );
    }
    expect(wanted.map((isWanted) => isWanted())).toEqual([false, true, false, true]);
    await rig.pass(1);
  }));

test('ignores an answer after its timeout', () =>
  withVotes(async (votes) => {
    const { rig, waiter } = votes;
    await handOver(votes);
    rig.freeze();
    waiter.ask('');
    await rig.pass(1000);
    expect(waiter.answer).toBe('failed');
    rig.thaw();
    await rig.pass(1);
    expect([waiter.answer, waiter.validUntil]).toEqual(['failed', 0]);
  }));

test.each([
  { granted: [5000], quorum: 1, validUntil: 5000 },
  { granted: [0, 9000, 5000], quorum: 2, validUntil: 5000 },
  { granted: [9000, 1000, 0, 5000, 3000], quorum: 3, validUntil: 3000 },
])('counts $granted as a quorum of $quorum until $validUntil', ({ granted, quorum, validUntil }) => {
  const votes = granted.map((each) => ({ validUntil: each }) as NodeVote);
  expect(quorumValidUntil(votes, quorum)).toBe(validUntil);
});

test('asks again without shortening the TTL that the node keeps', () =>
  withVotes(async ({ rig, holder }) => {
    holder.extend(
      60_000,
      '',
      () => true,
      () => {},
    );
    await rig.pass(1);
    holder.ask('');
    await rig.pass(1);
    expect(holder.answer).toBe('granted');
    expect(rig.pttl('k')).toBeGreaterThan(59_000);
  }));
