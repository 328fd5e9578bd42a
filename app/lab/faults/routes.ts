import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import { ProblemError } from '../../http/problem.ts';
import { jsonObject, wholeNumber } from '../../http/validation.ts';

const longestMs = 60_000;

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

const faultsSchema = z.object({
  offered: z.boolean(),
  why: z.string().optional().describe('Why none is offered.'),
  faults: z.array(faultSchema),
  past: z.array(pastFaultSchema).describe('The latest faults, first to last.'),
});

export type LiveFault = Readonly<z.output<typeof faultSchema>>;
export type PastFault = Readonly<z.output<typeof pastFaultSchema>>;
type LiveFaults = Readonly<z.output<typeof faultsSchema>>;

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

const whyNone =
  'A service cannot pause or kill its own servers. `npm start` injects faults into the servers that it has started; this service was started otherwise.';

/** `/lab/faults`. An instance has no control, and says why; the private stack's own server has one. */
export function faultRoutes(control?: FaultControl): Router {
  const router = Router();
  const path = z.object({ name: z.string() });
  const list = (): LiveFaults =>
    control ? { offered: true, ...control.list() } : { offered: false, why: whyNone, faults: [], past: [] };
  const offered = () => {
    if (!control) throw new ProblemError('faults-not-offered', whyNone);
    return control;
  };
  handle(router, '/lab/faults', {
    get: {
      summary: 'The faults that can be injected here, and the latest that were.',
      answers: { 200: faultsSchema },
      run: (_given, _req, res) => void res.json(list()),
    },
  });
  handle(router, '/lab/faults/:name/inject', {
    post: {
      summary: 'Injects a fault. It heals by itself in the end.',
      request: {
        path,
        body: jsonObject({ forMs: wholeNumber(100, longestMs, ', in milliseconds') }, '{"forMs": 10000}'),
      },
      answers: { 200: faultsSchema },
      problems: ['unknown-fault', 'fault-in-progress', 'faults-not-offered', 'unavailable'],
      async run({ path: { name }, body: { forMs } }, _req, res) {
        await offered().inject(name, forMs);
        res.json(list());
      },
    },
  });
  handle(router, '/lab/faults/:name/heal', {
    post: {
      summary: 'Heals a fault now.',
      request: { path, body: jsonObject({}, '{}') },
      answers: { 200: faultsSchema },
      problems: ['unknown-fault', 'faults-not-offered', 'unavailable'],
      async run({ path: { name } }, _req, res) {
        await offered().heal(name);
        res.json(list());
      },
    },
  });
  return router;
}
