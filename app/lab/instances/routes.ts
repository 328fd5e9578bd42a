import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import {
  type Heartbeat,
  type InstanceRegistry,
  type RegisteredInstance,
  registeredInstanceSchema,
} from './registry.ts';

/** The configuration of one instance; times in milliseconds. */
const settingsSchema = z.object({
  lockMode: z.string(),
  lockKey: z.enum(['payment', 'user']),
  modes: z.array(z.string()).describe('The modes that a request may choose.'),
  gatewayMs: z.int(),
  lockTtlMs: z.int(),
  lockWaitMs: z.int(),
});

const server = z.enum(['up', 'down']);
const instancesSchema = settingsSchema.extend({
  answeredBy: z.string(),
  redis: server,
  database: server,
  instances: z.array(registeredInstanceSchema),
});

export interface InstancesRoutesDeps {
  readonly registry: InstanceRegistry;
  readonly self: () => Heartbeat;
  readonly settings: z.output<typeof settingsSchema>;
  /** Each rejects, within a time limit, if the server does not answer. */
  readonly pings: { readonly redis: () => Promise<void>; readonly database: () => Promise<void> };
}

/** `GET /lab/instances`. Without Redis, an instance knows only itself. */
export function instancesRoutes({ registry, self, settings, pings }: InstancesRoutesDeps): Router {
  const router = Router();
  handle(router, '/lab/instances', {
    get: {
      summary: 'The instances, the settings of the one that answers, and whether it reaches Redis and the database.',
      answers: { 200: instancesSchema },
      async run(_given, _req, res) {
        const [redis, database, members] = await Promise.all([
          stateOf(pings.redis),
          stateOf(pings.database),
          registry.list().catch(() => []),
        ]);
        const own: RegisteredInstance = { ...self(), seenMsAgo: 0, state: 'up' };
        const others = members.filter(({ name }) => name !== own.name);
        const instances = [...others, own].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
        res.json({ answeredBy: own.name, ...settings, redis, database, instances });
      },
    },
  });
  return router;
}

function stateOf(ping: () => Promise<void>): Promise<'up' | 'down'> {
  return ping().then(
    () => 'up',
    () => 'down',
  );
}
