import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openRedis } from './redis.ts';
import { testStack } from './testing/stack.ts';

/** A way to Redis that can swallow everything on the connections it has, as a host does that has lost its power. */
let proxy: Server;
let open: Socket[] = [];
beforeAll(async () => {
  const redis = new URL(testStack().redisUrl);
  proxy = createServer((client) => {
    const server = connect(Number(redis.port), redis.hostname);
    client.on('data', (data) => server.write(data));
    server.on('data', (data) => client.write(data));
    for (const socket of [client, server]) socket.on('error', () => {});
    open.push(client, server);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  for (const socket of open) socket.destroy();
  proxy.close();
});

function swallow(): void {
  for (const socket of open) socket.removeAllListeners('data').resume();
  open = [];
}

test('a connection that has gone silent is given up for a new one', async () => {
  const address = proxy.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const redis = openRedis({ url: `redis://127.0.0.1:${port}`, timeoutMs: 200, warn: () => {} });
  try {
    await vi.waitFor(() => redis.ping());
    swallow();
    const silent = redis.ping().catch((error: Error) => error);
    expect(await silent).toBeInstanceOf(Error);
    await vi.waitFor(() => redis.ping(), { timeout: 3000 });
  } finally {
    redis.disconnect();
  }
});
