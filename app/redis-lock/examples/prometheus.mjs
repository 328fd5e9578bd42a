// Metrics for Prometheus. Labels are outcomes, never keys: their number is unbounded.
// npm install @payment-race-lab/redis-lock ioredis prom-client
import { createRedisLock } from '@payment-race-lab/redis-lock';
import { Redis } from 'ioredis';
import { Histogram, register } from 'prom-client';

const waits = new Histogram({ name: 'lock_wait_seconds', help: 'Duration of an acquire.', labelNames: ['outcome'] });
const holds = new Histogram({ name: 'lock_hold_seconds', help: 'Duration of a lease.', labelNames: ['outcome'] });

const options = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false }; // the README says why
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', options);
await new Promise((resolve) => redis.once('ready', resolve));
const lock = createRedisLock(redis, {
  listener: {
    onAcquire: ({ outcome, waitMs }) => waits.observe({ outcome }, waitMs / 1000),
    onRelease: ({ outcome, holdMs }) => holds.observe({ outcome }, holdMs / 1000),
    onLost: ({ reason, holdMs }) => holds.observe({ outcome: reason }, holdMs / 1000),
  },
});

await lock.withLock('PAYMENT_7_4900', async (lease) => console.log(`# token ${lease.token}`));
console.log(await register.metrics());
await lock.close();
redis.disconnect();
