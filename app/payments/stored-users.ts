import type { Statements } from '../database/statements.ts';
import { openChargesJoin } from './accounts.ts';
import type { User, Users } from './users.ts';

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
