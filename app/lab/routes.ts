import { Router } from 'express';
import type { Knex } from 'knex';
import { handle } from '../http/methods.ts';
import { jsonObject, wholeNumber } from '../http/validation.ts';
import { type Users, usersPageSchema } from '../payments/users.ts';
import { addUsers } from './add-users.ts';
import { auditLab } from './audit.ts';
import { auditSchema } from './audit-schema.ts';
import { resetLab } from './reset.ts';

const mostUsers = 100_000;
const resetBody = jsonObject({ users: wholeNumber(1, mostUsers) }, '{"users": 50}');
/** The length of a page of `GET /users`. */
const mostAdded = 100;
const addBody = jsonObject({ users: wholeNumber(1, mostAdded) }, '{"users": 10}');

/** Routes that a payment service must not have in production: mounted only with `LAB=on`. */
export function labRoutes({ db, users, timeoutMs }: { db: Knex; users: Users; timeoutMs: number }): Router {
  const router = Router();
  handle(router, '/lab/audit', {
    get: {
      summary:
        'Counts the stale writes and the inconsistent users, and lists the requests of the first of these users.',
      answers: { 200: auditSchema },
      problems: ['unavailable'],
      run: async (_given, _req, res) => void res.json(await auditLab(db, timeoutMs)),
    },
  });
  handle(router, '/lab/reset', {
    post: {
      summary: 'Replaces all users by that many fresh ones. Answers with the first page of them.',
      request: { body: resetBody },
      answers: { 200: usersPageSchema },
      problems: ['unavailable', 'unfinished', 'user-ids-used-up'],
      run: async ({ body }, _req, res) => void res.json(await resetLab(db, users, body.users)),
    },
  });
  handle(router, '/lab/users', {
    post: {
      summary: 'Adds that many fresh users. Answers with the new ones.',
      request: { body: addBody },
      answers: { 200: usersPageSchema },
      problems: ['unavailable', 'unfinished', 'user-ids-used-up'],
      run: async ({ body }, _req, res) => void res.json({ users: await addUsers(db, timeoutMs, body.users) }),
    },
  });
  return router;
}
