import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import { handle } from '../http/methods.ts';

/** Where `npm run build:page` leaves the page. */
const built = fileURLToPath(new URL('dist/', import.meta.url));

const notBuilt = `The page is not built. Build it with

  npm run build:page

and load this again. The service does not need it: GET /users, for one, answers all the same.
`;

/**
 * `GET /`: the page, asked for anew each time; and under `/assets` what it is made of, whose names change with what is in
 * them, so that a browser asks once.
 *
 * @param directory where the built page is. It may come and go while the instance runs: without it, `GET /` is answered
 *   503 and says how to build it.
 */
export function webRoutes(directory = built): Router {
  const router = Router();
  handle(router, '/', {
    get: async (_req, res) => {
      res.set('Cache-Control', 'no-cache');
      if (await isReadable(`${directory}/index.html`))
        res.sendFile('index.html', { root: directory, cacheControl: false });
      else res.status(503).type('text').send(notBuilt);
    },
  });
  router.use(
    '/assets',
    express.static(`${directory}/assets`, { immutable: true, maxAge: '1y', index: false, redirect: false }),
  );
  return router;
}

function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
