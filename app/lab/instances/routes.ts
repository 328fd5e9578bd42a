import { Router } from 'express';
import { handle } from '../../http/methods.ts';
import {
  type Heartbeat,
  type InstanceRegistry,
  labStatusSchema,
  type RegisteredInstance,
  type Settings,
} from './registry.ts';

export interface InstancesRoutesDeps {
  readonly registry: InstanceRegistry;
  readonly self: () => Heartbeat;
  readonly settings: Settings;
  /** Each rejects, within a time limit, if the server does not answer. */
  readonly pings: { readonly redis: () => Promise<void>; readonly database: () => Promise<void> };
}

/** `GET /lab/instances`. Without Redis, an instance knows only itself. */
export function instancesRoutes({ registry, self, settings, pings }: InstancesRoutesDeps): Router {
  const router = Router();
  handle(router, '/lab/instances', {
    get: {
      summary: 'The instances, the settings of the one that answers, and whether it reaches Redis and the database.',
      answers: { 200: labStatusSchema },
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
