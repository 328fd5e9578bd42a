import { z } from 'zod';

const step = z.discriminatedUnion('did', [
  z.object({ at: z.iso.datetime(), did: z.enum(['charged', 'refunded']), chargeId: z.number(), amount: z.number() }),
  z.object({
    at: z.iso.datetime(),
    did: z.literal('wrote'),
    paid: z.boolean(),
    readVersion: z.number(),
    overwroteVersion: z.number(),
    overwrote: z.string().optional(),
  }),
]);

const inconsistentUser = z.object({
  userId: z.number(),
  wrong: z.enum(['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess']),
  what: z.string(),
  requests: z.array(
    z.object({ requestId: z.string(), instance: z.string(), command: z.enum(['pay', 'cancel']), steps: z.array(step) }),
  ),
});

/** The answer of `GET /lab/audit`: what the database and the ledger show. */
export const auditSchema = z.object({
  users: z.number(),
  staleWrites: z.number(),
  accessWithoutPaying: z.number(),
  chargedTwice: z.number(),
  chargedWithoutAccess: z.number(),
  chargedAgain: z.number(),
  orphanCharges: z.number(),
  wronged: z.array(inconsistentUser),
});

export type Audit = z.output<typeof auditSchema>;
export type InconsistentUser = z.output<typeof inconsistentUser>;
