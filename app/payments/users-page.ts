import type { User, Users } from './users.ts';

/** As `GET /users` answers. `next` is the path of the page after this one; without it, this is the last. */
export interface UsersPage {
  readonly users: readonly User[];
  readonly next?: string;
}

/** Reads one page; one user more than it shows tells whether there is another. */
export async function readUsersPage(users: Users, page: { after: number; limit: number }): Promise<UsersPage> {
  const found = await users.list({ ...page, limit: page.limit + 1 });
  if (found.length <= page.limit) return { users: found };
  const shown = found.slice(0, page.limit);
  return { users: shown, next: `/users?limit=${page.limit}&after=${shown.at(-1)?.id}` };
}
