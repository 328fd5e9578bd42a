import { z } from 'zod';

// For the page and the load tests, too: it imports no database.

/** A user as `GET /users` shows it. */
export const userSchema = z.object({
  id: z.int(),
  name: z.string(),
  paid: z.boolean(),
  version: z.int().min(0).describe('Number of writes of the flag.'),
  balance: z.int().min(0).describe('The sum of the open charges, in minor units.'),
});
export type User = Readonly<z.output<typeof userSchema>>;

export interface Users {
  /** @returns undefined when there is no such user. */
  find(id: number): Promise<User | undefined>;
  /** @returns at most `limit` users with ids above `after`, by id. */
  list(page: { after: number; limit: number }): Promise<User[]>;
}

/** The answer of `GET /users`. */
export const usersPageSchema = z.object({
  users: z.array(userSchema),
  next: z.string().optional().describe('Path of the next page; absent on the last one.'),
});
export type UsersPage = z.output<typeof usersPageSchema>;

/** Reads one page, and one user more to learn whether there is a next page. */
export async function readUsersPage(users: Users, page: { after: number; limit: number }): Promise<UsersPage> {
  const found = await users.list({ ...page, limit: page.limit + 1 });
  if (found.length <= page.limit) return { users: found };
  const shown = found.slice(0, page.limit);
  return { users: shown, next: `/users?limit=${page.limit}&after=${shown.at(-1)?.id}` };
}
