import { Pool } from 'undici';

/** A client with so many connections to the service, and as many requests at once. */
export interface Burst {
  /** Sends a pay or a cancel. */
  post(path: string): Promise<{ readonly status: number; readonly body: string }>;
  close(): Promise<void>;
}

/** The caller closes it. */
export function openBurst(url: string, connections: number): Burst {
  const pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 60_000, connect: { timeout: 60_000 } });
  const headers = { 'content-type': 'application/json' };
  return {
    async post(path) {
      const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: '{"amount":4900}' });
      return { status: statusCode, body: await body.text() };
    },
    close: () => pool.destroy(),
  };
}
