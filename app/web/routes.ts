import { readFileSync } from 'node:fs';
import { Router } from 'express';
import type { Statements } from '../database/statements.ts';
import { handle } from '../http/methods.ts';
import type { User, Users } from '../payments/users.ts';
import { readUsersPage } from '../payments/users-page.ts';
import { findWronged } from '../payments/wronged.ts';

const stylesheet = readFileSync(new URL('page.css', import.meta.url), 'utf8');

export interface WebRoutesDeps {
  readonly statements: Statements;
  readonly users: Users;
  readonly instance: string;
  readonly lockMode: string;
}

/** `GET /`: what this is, and the first users with their flags and balances. */
export function webRoutes({ statements, users, instance, lockMode }: WebRoutesDeps): Router {
  const router = Router();
  handle(router, '/', {
    get: async (_req, res) => {
      const { users: shown, next } = await readUsersPage(users, { after: 0, limit: 100 });
      const wronged = new Map((await findWronged(statements)).map(({ userId, what }) => [userId, what]));
      res.type('html').send(page({ shown, wronged, more: next !== undefined, instance, lockMode }));
    },
  });
  handle(router, '/page.css', { get: (_req, res) => void res.type('css').send(stylesheet) });
  return router;
}

interface Page {
  readonly shown: readonly User[];
  /** What is wrong with a user, in words. */
  readonly wronged: ReadonlyMap<number, string>;
  readonly more: boolean;
  readonly instance: string;
  readonly lockMode: string;
}

function page({ shown, wronged, more, instance, lockMode }: Page): string {
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
${shown.map((user) => row(user, wronged.get(user.id))).join('\n')}
</tbody>
</table>
</main>
</html>
`;
}

function row({ id, name, paid, balance, version }: User, wrong: string | undefined): string {
  const cells = [id, escapeHtml(name), paid ? 'paid' : 'free', balance, version, escapeHtml(wrong ?? 'in order')];
  return `<tr${wrong ? ' class="wrong"' : ''}>${cells.map((cell) => `<td>${cell}`).join('')}`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
