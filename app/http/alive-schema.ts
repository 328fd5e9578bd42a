import { z } from 'zod';

/** The answer of `GET /healthz`: for the load tests, too, which need no server. */
export const aliveSchema = z.object({
  status: z.literal('ok'),
  instance: z.string(),
  pid: z.int(),
  inFlight: z.int().min(0).describe('How many payments it is working on.'),
});
