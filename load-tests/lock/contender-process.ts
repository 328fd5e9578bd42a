/** One more machine that wants the locks: does what its parent says, by IPC, with a lock of its own. See contender.ts. */

import { openRedis } from '../../app/redis.ts';
import { createRedisLock, createRedlock, type Lease } from '../../app/redis-lock/index.ts';
import { type Call, monotonicMs, type Reply, type Start } from './contender-messages.ts';

const { urls, options } = JSON.parse(process.argv[2] ?? '') as Start;
const nodes = urls.map((url) => openRedis({ url, timeoutMs: 5000, warn: () => {} }));
await Promise.all(nodes.map((node) => new Promise<void>((resolve) => node.once('ready', resolve))));
const [first] = nodes;
const lock = nodes.length === 1 && first ? createRedisLock(first, options) : createRedlock(nodes, options);
const leases = new Map<number, Lease>();

/** The clock is read first: if this process is held up in between, the answer is too early, never too late. */
const validUntilOf = (lease: Lease) => monotonicMs() + lease.validForMs();

async function carryOut(id: number, call: Call): Promise<Reply> {
  const calledAt = monotonicMs();
  const times = () => ({ calledAt, repliedAt: monotonicMs() });
  if (call.verb === 'acquire') {
    const acquisition = await lock.acquire(call.key, call.options);
    const { outcome } = acquisition;
    if (outcome === 'unavailable') return { ...times(), outcome, cause: acquisition.cause.message };
    if (outcome !== 'acquired') return { ...times(), outcome };
    const { lease } = acquisition;
    leases.set(id, lease);
    return { ...times(), outcome, token: lease.token, validUntil: validUntilOf(lease) };
  }
  const lease = leases.get(call.lease);
  if (!lease) throw new Error(`there is no lease ${call.lease}`);
  if (call.verb === 'release') {
    leases.delete(call.lease);
    const outcome = await lease.release();
    return { ...times(), outcome };
  }
  const outcome = await lease.extend(call.ttlMs);
  return outcome === 'extended' ? { ...times(), outcome, validUntil: validUntilOf(lease) } : { ...times(), outcome };
}

process.on('message', async ([id, call]: [number, Call]) => {
  const reply = await carryOut(id, call);
  process.send?.([id, reply]);
});
process.on('disconnect', () => process.exit()); // its parent has gone
process.send?.([0]); // it is ready
