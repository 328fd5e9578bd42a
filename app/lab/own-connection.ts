import type { Redis } from 'ioredis';
import { withTimeout } from '../with-timeout.ts';

export interface OwnConnectionOptions {
  /** How long it may be without an answer before it is given up. */
  readonly silenceMs: number;
  /** How long it may take to be opened. */
  readonly timeoutMs: number;
  /** As Redis's `CLIENT LIST` shows it. */
  readonly name: string;
}

/**
 * A connection of one's own, for commands that block. Whoever opens it disconnects it; it does not come back by itself.
 *
 * @param like lent for its settings.
 * @throws when it cannot be opened in time.
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
  connection.on('error', () => {}); // it is thrown as well
  try {
    await withTimeout(connection.connect(), timeoutMs, 'Redis');
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}
