import { z } from 'zod';
import type { Statements } from '../database/statements.ts';
import { openChargesJoin } from './accounts.ts';

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

type UserRow = Omit<User, 'paid'> & { paid: number };

const select = `SELECT u.id, u.name, u.paid, u.version, COALESCE(SUM(c.amount), 0) AS balance
  FROM users u LEFT JOIN ${openChargesJoin}`;

export function createUsers(statements: Statements): Users {
  const query = async (sql: string, bindings: number[]) => {
    const rows = await statements.text<UserRow>(sql, bindings);
    return rows.map((row) => ({ ...row, paid: row.paid === 1 }));
  };
  return {
    find: async (id) => (await query(`${select} WHERE u.id = ? GROUP BY u.id`, [id]))[0],
    list: ({ after, limit }) => query(`${select} WHERE u.id > ? GROUP BY u.id ORDER BY u.id LIMIT ?`, [after, limit]),
  };
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
