import type { TcpProxy } from '../../../app/testing/proxy.ts';
import type { Stack } from '../../stack/index.ts';
import type { ServerProcess } from '../../stack/servers/server-process.ts';
import { cutOff, type Fault, frozen, killed } from '../context/faults.ts';
import type { OfferedFault } from './control.ts';
import { replicateRedis } from './failover.ts';

/**
 * The faults that a lab offers: of each instance, of each Redis and of the database.
 *
 * @param proxies between each instance and Redis, by the instance's name.
 * @returns the faults, and the link to Redis's replica: the caller closes it.
 */
export async function offerFaults(
  stack: Stack,
  proxies: ReadonlyMap<string, TcpProxy>,
): Promise<{ faults: OfferedFault[]; link: TcpProxy }> {
  const { link, failover, replicationCut } = await replicateRedis(stack, [...proxies.values()]);
  const faults = [
    ...stack.instances.flatMap((instance) => [freeze(instance), kill(instance), cut(instance.name, proxies)]),
    freeze(stack.redis),
    kill(stack.redis),
    replicationCut,
    failover,
    ...stack.redlock.flatMap((node) => [freeze(node), kill(node)]),
    freeze(stack.mysql),
    kill(stack.mysql),
  ];
  return { faults, link };
}

const offer = (kind: OfferedFault['kind'], target: string, fault: Fault): OfferedFault => ({
  name: `${kind}-${target}`,
  kind,
  ...fault,
});
const freeze = (server: ServerProcess) => offer('freeze', server.name, frozen(server));
const kill = (server: ServerProcess) => offer('kill', server.name, killed(server));

function cut(instance: string, proxies: ReadonlyMap<string, TcpProxy>): OfferedFault {
  const proxy = proxies.get(instance);
  if (!proxy) throw new Error(`no proxy is between ${instance} and Redis`);
  return offer('cut', instance, cutOff(`${instance} is cut off from Redis`, [instance], [proxy]));
}
