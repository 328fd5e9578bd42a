import type { LiveFaults } from '../../../lab/faults/fault.ts';
import { ask } from './http.ts';

/** Longer than an injection takes: a failover, or the start of a killed instance. */
const faultTimeoutMs = 40_000;

export const fetchFaults = () => ask<LiveFaults>('/lab/faults');
/** The fault heals by itself after `forMs`. */
export const injectFault = (name: string, forMs: number) =>
  ask<LiveFaults>(`/lab/faults/${name}/inject`, { post: { forMs }, timeoutMs: faultTimeoutMs });
export const healFault = (name: string) =>
  ask<LiveFaults>(`/lab/faults/${name}/heal`, { post: {}, timeoutMs: faultTimeoutMs });
