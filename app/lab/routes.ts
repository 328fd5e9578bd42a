import { Router } from 'express';
import type { Knex } from 'knex';
import { jsonBody } from '../http/json-body.ts';
import { handle } from '../http/methods.ts';
import { jsonObject, valid, wholeNumber } from '../http/validation.ts';
import type { Users } from '../payments/users.ts';
import { auditLab } from './audit.ts';
import { resetLab } from './reset.ts';

const mostUsers = 100_000;
const resetBody = jsonObject({ users: wholeNumber(1, mostUsers) }, '{"users": 50}');

/** Routes that a payment service must not have in production: mounted only with `LAB=on`. */
export function labRoutes({ db, users, timeoutMs }: { db: Knex; users: Users; timeoutMs: number }): Router {
  const router = Router();
  handle(router, '/lab/audit', { get: async (_req, res) => void res.json(await auditLab(db, timeoutMs)) });
  handle(router, '/lab/reset', {
    post: [
      jsonBody,
      async (req, res) => void res.json(await resetLab(db, users, valid(resetBody, req.body, 'body').users)),
    ],
  });
  return router;
}
