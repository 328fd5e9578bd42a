import fc from 'fast-check';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { Pool } from 'undici';
import { resetUsers } from '../client/lab-client.ts';
import { type Input, inputsOf } from './inputs.ts';
import { type Operation, readOperations } from './operations.ts';

export interface FuzzOptions {
  /** The way in of a running stack with its lab. */
  readonly url: string;
  readonly mysqlUrl: string;
  /** Inputs for each operation. */
  readonly inputs: number;
  readonly seed: number;
}

export interface FuzzResult {
  readonly operation: string;
  /** Requests by status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The smallest input found that breaks a promise, and how. */
  readonly broken?: { readonly input: Input; readonly why: string };
}

/** Number of rows and versions: whatever a request does to users and ledger changes this. */
const dataSql = `SELECT (SELECT CONCAT_WS(' ', COUNT(*), MAX(id), SUM(version), SUM(paid)) FROM users) AS users,
  (SELECT COUNT(*) FROM charges) AS charges, (SELECT COUNT(*) FROM refunds) AS refunds,
  (SELECT COUNT(*) FROM flag_writes) AS writes, (SELECT COUNT(*) FROM job_runs) AS runs`;

/**
 * Sends drawn inputs to every operation, one after the other. Promises: no answer is a 5xx; a refused request changes no
 * data; each refusal is a problem with the request's id.
 */
export async function* fuzz({ url, mysqlUrl, inputs, seed }: FuzzOptions): AsyncGenerator<FuzzResult> {
  const ids = (await resetUsers(url, 20)).map(({ id }) => id);
  const pool = new Pool(url, { headersTimeout: 30_000, bodyTimeout: 30_000 });
  const database = await createConnection(mysqlUrl);
  try {
    for (const operation of await readOperations(url)) {
      yield await fuzzOperation(operation, { ids, pool, database, inputs, seed });
    }
  } finally {
    await database.end();
    await pool.destroy();
  }
}

interface Deps extends Pick<FuzzOptions, 'inputs' | 'seed'> {
  /** Users that exist; a reset makes others. */
  readonly ids: number[];
  readonly pool: Pool;
  readonly database: Connection;
}

async function fuzzOperation(operation: Operation, { ids, pool, database, inputs, seed }: Deps): Promise<FuzzResult> {
  const statuses = new Map<number, number>();
  const data = async () => JSON.stringify((await database.query<RowDataPacket[]>(dataSql))[0]);
  const property = fc.asyncProperty(
    inputsOf(operation, () => ids),
    async (input) => {
      const before = await data();
      const { status, headers, text } = await send(pool, input);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) throw new Error(`answered ${status}: ${text.slice(0, 300)}`);
      if (status < 400) {
        if (operation.path === '/lab/reset') noteUsers(ids, text);
        return;
      }
      if ((await data()) !== before) throw new Error(`refused with ${status}, and the data has changed`);
      if (input.method !== 'HEAD') checkProblem(status, headers, text);
    },
  );
  const details = await fc.check(property, { numRuns: inputs, seed, endOnFailure: false });
  const name = `${operation.method} ${operation.path}`;
  if (!details.failed) return { operation: name, statuses };
  const [input] = details.counterexample ?? [];
  if (!input) throw new Error(`${name}: no input could be drawn`);
  const why = (details.errorInstance as Error).message;
  return { operation: name, statuses, broken: { input, why } };
}

async function send(pool: Pool, { method, path, headers, body }: Input) {
  const answer = await pool.request({ method: method as 'GET', path, headers, body: body ?? null });
  const isStream = String(answer.headers['content-type']).startsWith('text/event-stream');
  if (isStream) answer.body.on('error', () => {}).destroy(); // it would not end
  const text = isStream ? '' : await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text };
}

/** @throws if it is none, or names another request. */
function checkProblem(status: number, headers: Awaited<ReturnType<typeof send>>['headers'], text: string): void {
  const what = `answered ${status} with ${text.slice(0, 200)}`;
  if (!String(headers['content-type']).startsWith('application/problem+json')) throw new Error(`${what}: no problem`);
  const problem = JSON.parse(text) as Record<string, unknown>;
  if (problem.status !== status || typeof problem.type !== 'string') throw new Error(`${what}: not its own status`);
  const id = problem.requestId;
  if (typeof id !== 'string' || id === '' || id !== headers['x-request-id']) throw new Error(`${what}: no request id`);
}

function noteUsers(ids: number[], text: string): void {
  const { users } = text.startsWith('{') ? (JSON.parse(text) as { users?: { id: number }[] }) : {};
  if (users) ids.splice(0, ids.length, ...users.map(({ id }) => id));
}
