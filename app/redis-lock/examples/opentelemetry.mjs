// Metrics for OpenTelemetry. Without an SDK (node --import ./your-sdk.mjs …) they go nowhere.
// npm install @payment-race-lab/redis-lock ioredis @opentelemetry/api
import { metrics } from '@opentelemetry/api';
import { createRedisLock } from '@payment-race-lab/redis-lock';
import { Redis } from 'ioredis';

const meter = metrics.getMeter('redis-lock');
const waits = meter.createHistogram('lock.wait.duration', { unit: 's', description: 'Duration of an acquire.' });
const holds = meter.createHistogram('lock.hold.duration', { unit: 's', description: 'Duration of a lease.' });

const options = { enableOfflineQueue: false, autoResendUnfulfilledCommands: false }; // the README says why
const redis = new Redis(process.env.REDIS_URL ?? 'redis://127.0.0.1:6379', options);
await new Promise((resolve) => redis.once('ready', resolve));
const lock = createRedisLock(redis, {
  listener: {
    onAcquire: ({ outcome, waitMs }) => waits.record(waitMs / 1000, { outcome }),
    onRelease: ({ outcome, holdMs }) => holds.record(holdMs / 1000, { outcome }),
    onLost: ({ reason, holdMs }) => holds.record(holdMs / 1000, { outcome: reason }),
  },
});

await lock.withLock('PAYMENT_7_4900', async (lease) => console.log(`token ${lease.token}`));
await lock.close();
redis.disconnect();
