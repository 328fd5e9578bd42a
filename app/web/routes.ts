import { readFileSync } from 'node:fs';
import { Router } from 'express';
import { handle } from '../http/methods.ts';
import type { User, Users } from '../payments/users.ts';
import { readUsersPage } from '../payments/users-page.ts';

const stylesheet = readFileSync(new URL('page.css', import.meta.url), 'utf8');

/** `GET /`: what this is, and the first users with their flags and balances. */
export function webRoutes({ users, instance, lockMode }: { users: Users; instance: string; lockMode: string }): Router {
  const router = Router();
  handle(router, '/', {
    get: async (_req, res) => {
      const { users: shown, next } = await readUsersPage(users, { after: 0, limit: 100 });
      res.type('html').send(page({ shown, more: next !== undefined, instance, lockMode }));
    },
  });
  handle(router, '/page.css', { get: (_req, res) => void res.type('css').send(stylesheet) });
  return router;
}

interface Page {
  readonly shown: readonly User[];
  readonly more: boolean;
  readonly instance: string;
  readonly lockMode: string;
}

function page({ shown, more, instance, lockMode }: Page): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Payment race lab</title>
<link rel="stylesheet" href="/page.css">
<main>
<h1>Payment race lab</h1>
<p>A payment service on several machines, in which a pay and a cancel of one user may meet: both read the same flag, both
decide on what they read, both write, and one update is lost. Whoever has access here has paid, and whoever has paid has
access: where a row says otherwise, the race was lost.</p>
<p>Answered by <code>${escapeHtml(instance)}</code> with <code>LOCK_MODE=${escapeHtml(lockMode)}</code>.</p>
<table>
<caption>${shown.length === 0 ? 'No users yet: <code>POST /lab/reset</code> makes some' : `Users${more ? `, the first ${shown.length}` : ''}`}</caption>
<thead><tr><th scope="col">Id<th scope="col">Name<th scope="col">Access<th scope="col">Balance<th scope="col">Writes<th scope="col">Verdict</thead>
<tbody>
${shown.map(row).join('\n')}
</tbody>
</table>
</main>
</html>
`;
}

function row({ id, name, paid, balance, version }: User): string {
  const verdict =
    paid && balance === 0 ? 'access without paying' : !paid && balance > 0 ? 'charged without access' : 'in order';
  return `<tr${verdict === 'in order' ? '' : ' class="wrong"'}><td>${id}<td>${escapeHtml(name)}<td>${paid ? 'paid' : 'free'}<td>${balance}<td>${version}<td>${verdict}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
