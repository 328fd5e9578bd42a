import type { Redis } from 'ioredis';
import { withTimeout } from '../with-timeout.ts';

export interface OwnConnectionOptions {
  /** How long it may stay without an answer before it is closed, in milliseconds. */
  readonly silenceMs: number;
  /** How long opening may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Its name in `CLIENT LIST`. */
  readonly name: string;
}

/**
 * Opens a dedicated connection for blocking commands. The caller closes it; it does not reconnect.
 *
 * @param like the connection whose settings to use.
 * @throws if it cannot be opened in time.
 */
export async function openOwnConnection(
  like: Redis,
  { silenceMs, timeoutMs, name }: OwnConnectionOptions,
): Promise<Redis> {
  const connection = like.duplicate({
    lazyConnect: true,
    socketTimeout: silenceMs,
    retryStrategy: () => null,
    connectionName: name,
  });
  connection.on('error', () => {}); // also rejects connect()
  try {
    await withTimeout(connection.connect(), timeoutMs, 'Redis');
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}
