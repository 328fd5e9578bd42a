import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import { ProblemError } from '../../http/problem.ts';
import { jsonObject, wholeNumber } from '../../http/validation.ts';
import { type FaultControl, faultsSchema, type LiveFaults } from './fault.ts';

const longestMs = 60_000;

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
