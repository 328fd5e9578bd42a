import { Router } from 'express';
import { handle } from '../../http/methods.ts';
import type { Heartbeat, InstanceRegistry } from './registry.ts';

/** The configuration of one instance; times in milliseconds. */
interface InstanceSettings {
  readonly lockMode: string;
  readonly lockKey: 'payment' | 'user';
  /** The modes that a request may choose. */
  readonly modes: readonly string[];
  readonly gatewayMs: number;
  readonly lockTtlMs: number;
  readonly lockWaitMs: number;
}

export interface InstancesRoutesDeps {
  readonly registry: InstanceRegistry;
  readonly self: () => Heartbeat;
  readonly settings: InstanceSettings;
  /** Each rejects, within a time limit, if the server does not answer. */
  readonly pings: { readonly redis: () => Promise<void>; readonly database: () => Promise<void> };
}

/**
 * `GET /lab/instances`: `{"answeredBy": "app-1", …{@link InstanceSettings}, "redis": "up", "database": "down",
 * "instances": [{@link RegisteredInstance}, …]}`. An instance without a heartbeat for 3 s is `silent`; after a minute it is
 * forgotten. Without Redis, an instance knows only itself.
 */
export function instancesRoutes({ registry, self, settings, pings }: InstancesRoutesDeps): Router {
  const router = Router();
  handle(router, '/lab/instances', {
    get: async (_req, res) => {
      const [redis, database, members] = await Promise.all([
        stateOf(pings.redis),
        stateOf(pings.database),
        registry.list().catch(() => []),
      ]);
      const own = { ...self(), seenMsAgo: 0, state: 'up' };
      const others = members.filter(({ name }) => name !== own.name);
      const instances = [...others, own].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
      res.json({ answeredBy: own.name, ...settings, redis, database, instances });
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
