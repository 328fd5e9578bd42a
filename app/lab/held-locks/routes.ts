import { Router } from 'express';
import { z } from 'zod';
import { handle } from '../../http/methods.ts';
import { userPath } from '../../http/validation.ts';
import { findHeldLocks, type LockServer, locksSeenSchema } from './held-locks.ts';

const mostUsers = 100;
const mustBeIds = `must be 1 to ${mostUsers} ids of users, separated by commas`;
const isUserId = (text: string) => userPath.safeParse({ id: text }).success;
const locksQuery = z.strictObject({
  users: z
    .string({ error: mustBeIds })
    .transform((list) => list.split(','))
    .refine((ids) => ids.length <= mostUsers && ids.every(isUserId), { error: mustBeIds })
    .pipe(z.array(userPath.shape.id)),
});

/** `GET /lab/locks?users=1,2,3`. */
export function heldLocksRoutes(servers: readonly LockServer[], timeoutMs: number): Router {
  const router = Router();
  handle(router, '/lab/locks', {
    get: {
      summary: 'The locks of these users in Redis.',
      description: 'Those of the modes `naive`, `redis`, `redlock` and `fenced`: the other modes have none in Redis.',
      request: { query: locksQuery },
      answers: { 200: locksSeenSchema },
      run: async ({ query: { users } }, _req, res) =>
        void res.json(await findHeldLocks(servers, new Set(users), timeoutMs)),
    },
  });
  return router;
}
