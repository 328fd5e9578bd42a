import { Router } from 'express';
import { handle } from '../../http/methods.ts';
import type { Fleet, Heartbeat } from './fleet.ts';

/** What one instance is set to; times in milliseconds. */
interface InstanceSettings {
  readonly lockMode: string;
  readonly lockKey: 'payment' | 'user';
  /** The modes that a request may choose. */
  readonly modes: readonly string[];
  readonly gatewayMs: number;
  readonly lockTtlMs: number;
  readonly lockWaitMs: number;
}

export interface FleetRoutesDeps {
  readonly fleet: Fleet;
  readonly self: () => Heartbeat;
  readonly settings: InstanceSettings;
  /** Each rejects when the server does not answer, within a bound of its own. */
  readonly pings: { readonly redis: () => Promise<void>; readonly database: () => Promise<void> };
}

/**
 * `GET /lab/instances`: `{"answeredBy": "app-1", …{@link InstanceSettings}, "redis": "up", "database": "down",
 * "instances": [{@link FleetMember}, …]}`. An instance that was not heard of for 3 s is `silent`, after a minute it is
 * forgotten. Without Redis, an instance knows only itself.
 */
export function fleetRoutes({ fleet, self, settings, pings }: FleetRoutesDeps): Router {
  const router = Router();
  handle(router, '/lab/instances', {
    get: async (_req, res) => {
      const [redis, database, members] = await Promise.all([
        stateOf(pings.redis),
        stateOf(pings.database),
        fleet.list().catch(() => []),
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
