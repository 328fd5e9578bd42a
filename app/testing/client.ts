import { testStack } from './stack.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON, or the text where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is what it checks
  readonly body: any;
}

export interface Call {
  readonly method?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string;
  readonly headers?: Record<string, string>;
  /** Without it, the stack's nginx. */
  readonly url?: string;
}

/** Calls the service as its users do: through nginx, unless `url` says otherwise. */
export async function call(
  path: string,
  { method, json, raw, headers = {}, url = testStack().url }: Call = {},
): Promise<Answer> {
  const body = json === undefined ? raw : JSON.stringify(json);
  const response = await fetch(new URL(path, url), {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A fresh user of the test's own; others are left alone. */
export async function newUser(): Promise<number> {
  const { default: knex } = await import('knex');
  const db = knex({ client: 'mysql2', connection: testStack().mysqlUrl });
  try {
    const [id = 0] = await db('users').insert({ name: 'Test' });
    return id;
  } finally {
    await db.destroy();
  }
}
