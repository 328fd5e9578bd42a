import { z } from 'zod';

// What `GET /lab/audit` answers: for the page and the load tests, too. It imports nothing of the service that it judges.

const at = z.iso.datetime().describe('With microseconds, in UTC.');
/** One step of a request, as recorded in the database. */
const stepSchema = z.discriminatedUnion('did', [
  z.object({ at, did: z.enum(['charged', 'refunded']), chargeId: z.int(), amount: z.int() }),
  z.object({
    at,
    did: z.literal('wrote'),
    paid: z.boolean(),
    readVersion: z.int(),
    overwroteVersion: z.int(),
    overwrote: z.string().optional().describe('The request whose write this one overwrote without having read it.'),
  }),
]);
export type RecordedStep = z.output<typeof stepSchema>;

/** What one request did to a user, in order. */
const requestHistorySchema = z.object({
  requestId: z.string(),
  instance: z.string(),
  command: z.enum(['pay', 'cancel']),
  steps: z.array(stepSchema).readonly(),
});
export type RequestHistory = z.output<typeof requestHistorySchema>;

/** A user whose flag and ledger disagree. */
const auditedUserSchema = z.object({
  userId: z.int(),
  wrong: z.enum(['accessWithoutPaying', 'chargedTwice', 'chargedWithoutAccess']),
  what: z.string().describe('The anomaly as a sentence.'),
  requests: z.array(requestHistorySchema).readonly().describe('The requests that led to this state, in order.'),
});
export type AuditedUser = Readonly<z.output<typeof auditedUserSchema>>;

const count = z.int().min(0);
/** All numbers come from one snapshot of the database. */
export const auditSchema = z.object({
  users: count,
  staleWrites: count.describe('Writes of the flag that were decided on a stale read: lost updates.'),
  accessWithoutPaying: count,
  chargedTwice: count,
  chargedWithoutAccess: count,
  chargedAgain: count.describe(
    'Payments that were charged more than once for one Idempotency-Key or X-Lab-Intent, whatever was refunded later. A charge that its own request has taken back does not count.',
  ),
  orphanCharges: count.describe('Open charges of users who are gone.'),
  wronged: z.array(auditedUserSchema).readonly().describe('The first of the inconsistent users; the counts cover all.'),
});
export type Audit = Readonly<z.output<typeof auditSchema>>;
