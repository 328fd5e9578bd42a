import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import express, { Router } from 'express';
import { handle, text } from '../http/methods.ts';

/** The output of `npm run build:page`: as far from the bundle of `npm run build:service` as from here. */
const built = fileURLToPath(new URL('../../dist/page/', import.meta.url));

const notBuilt = `The page is not built. Build it with

  npm run build:page

and reload. The service works without it: see GET /users.
`;

/**
 * `GET /` is the page, revalidated on each request. `/assets` has its files, whose names change with their content, so that
 * browsers cache them for good.
 *
 * @param directory where the built page is. It may appear or disappear while the instance runs. Without it, `GET /`
 *   answers 503 and says how to build it.
 */
export function webRoutes(directory = built): Router {
  const router = Router();
  handle(router, '/', {
    get: {
      summary: 'The page.',
      answers: { 200: text('text/html'), 503: text('text/plain').describe('The page is not built.') },
      async run(_given, _req, res) {
        res.set('Cache-Control', 'no-cache');
        if (await isReadable(`${directory}/index.html`))
          res.sendFile('index.html', { root: directory, cacheControl: false, acceptRanges: false });
        else res.status(503).type('text').send(notBuilt);
      },
    },
  });
  router.use(
    '/assets',
    express.static(`${directory}/assets`, {
      immutable: true,
      maxAge: '1y',
      index: false,
      redirect: false,
      acceptRanges: false,
    }),
  );
  return router;
}

function isReadable(file: string): Promise<boolean> {
  return access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
}
