import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import { userPath, valid } from '../../http/validation.ts';
import { findHeldLocks, type LockServer } from './held-locks.ts';

const mostUsers = 100;
const mustBeIds = `must be 1 to ${mostUsers} ids of users, separated by commas`;
const isUserId = (text: string) => userPath.safeParse({ id: text }).success;
const locksQuery = z.strictObject({
  users: z
    .string({ error: mustBeIds })
    .transform((list) => list.split(','))
    .refine((ids) => ids.length <= mostUsers && ids.every(isUserId), { error: mustBeIds }),
});

/**
 * `GET /lab/locks?users=1,2,3`: who holds which of these users' locks, and until when:
 * `{"locks": [{"key": "PAYMENT_7_4900", "on": "redis", "holder": "…", "ttlMs": 9321, "waiting": 1}, …], "unreachable": []}`.
 */
export function heldLocksRoutes(servers: readonly LockServer[], timeoutMs: number): Router {
  const router = Router();
  handle(router, '/lab/locks', {
    get: async (req, res) => {
      const { users } = valid(locksQuery, req.query, 'query');
      res.json(await findHeldLocks(servers, new Set(users.map(Number)), timeoutMs));
    },
  });
  return router;
}
