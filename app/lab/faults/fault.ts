import { z } from 'zod';

/** A fault that can be injected, and its state. */
const faultSchema = z.object({
  name: z.string().describe('Names it in a path, such as `freeze-app-1`.'),
  kind: z.enum(['freeze', 'kill', 'cut', 'failover']),
  what: z.string().describe('What it does, such as `app-1 is paused`.'),
  targets: z.array(z.string()).describe('The instances and servers that it affects.'),
  state: z.enum(['healed', 'injecting', 'active', 'healing']),
  healsAtMs: z.number().optional().describe('When it heals by itself, in milliseconds since the epoch.'),
});

/** A fault that was injected, in milliseconds since the epoch. */
const pastFaultSchema = faultSchema.pick({ name: true, what: true, targets: true }).extend({
  fromMs: z.number(),
  toMs: z.number().optional().describe('Absent while it is active.'),
});

export const faultsSchema = z.object({
  offered: z.boolean(),
  why: z.string().optional().describe('Why none is offered.'),
  faults: z.array(faultSchema),
  past: z.array(pastFaultSchema).describe('The latest faults, first to last.'),
});

export type LiveFault = Readonly<z.output<typeof faultSchema>>;
export type PastFault = Readonly<z.output<typeof pastFaultSchema>>;
export type LiveFaults = Readonly<z.output<typeof faultsSchema>>;

/** Injects faults into the processes that serve the lab. Only what started these processes can. */
export interface FaultControl {
  list(): Pick<LiveFaults, 'faults' | 'past'>;
  /**
   * Injects a fault that heals by itself after `forMs` milliseconds.
   *
   * @throws {ProblemError} for an unknown name, a target that another fault affects, or a fault that failed.
   */
  inject(name: string, forMs: number): Promise<void>;
  /** Heals a fault; does nothing if it is healed. @throws {ProblemError} for an unknown name, or if healing failed. */
  heal(name: string): Promise<void>;
}
