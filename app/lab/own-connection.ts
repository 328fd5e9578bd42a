import type { Redis } from 'ioredis';

/**
 * A connection of one's own, for commands that block. Whoever opens it disconnects it; it does not come back by itself.
 *
 * @param like lent for its settings.
 * @param silenceMs how long it may be without an answer before it is given up.
 * @param name as Redis's `CLIENT LIST` shows it.
 */
export async function openOwnConnection(like: Redis, silenceMs: number, name: string): Promise<Redis> {
  const connection = like.duplicate({
    lazyConnect: true,
    socketTimeout: silenceMs,
    retryStrategy: () => null,
    connectionName: name,
  });
  connection.on('error', () => {}); // it is thrown as well
  try {
    await connection.connect();
    return connection;
  } catch (error) {
    connection.disconnect();
    throw error;
  }
}
