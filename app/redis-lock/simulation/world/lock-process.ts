import { createLock, type LockEngine } from '../../src/lock.ts';
import type { LockOptions } from '../../src/types.ts';
import { type ClientOptions, SimulatedClient } from './simulated-client.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** A process that has a lock on some servers. */
export interface LockProcess {
  readonly process: SimulatedProcess;
  /** One for each server. */
  readonly clients: readonly SimulatedClient[];
  readonly lock: LockEngine;
  /** With what the lock's values in Redis begin. */
  readonly prefix: string;
}

/** Opens a lock in a process, over connections of its own: one set of link options for each server. */
export function openLock(
  process: SimulatedProcess,
  links: readonly Omit<ClientOptions, 'process'>[],
  options: LockOptions,
): LockProcess {
  const clients = links.map((link) => new SimulatedClient({ ...link, process }));
  const prefix = `${links[0]?.isCluster ? '~~' : '~'}${process.nextId()}`;
  return { process, clients, lock: createLock(clients, options, process), prefix };
}
