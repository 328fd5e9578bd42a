import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A piece of what goes over the proxy, as it came from the network: it may end in the middle of a command. */
export interface Passage {
  readonly from: 'client' | 'server';
  readonly data: Buffer;
  /** Counts the proxy's connections, from 0; the same for both ways. */
  readonly connection: number;
}

/** Decides over each piece. What is dropped is gone: whoever waits for it waits in vain. */
export type Filter = (passage: Passage) => 'pass' | 'drop';

/** A way to a server that can be made to lose what goes over it. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** From now on, on the connections there are and on new ones. At first it lets everything pass. */
  filter: Filter;
  /** Breaks every connection off, as the reset of a peer that has crashed does. New ones are let in. */
  cut(): void;
  /** Breaks every connection off and lets no more in. */
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port of 127.0.0.1 that passes bytes between its clients and a server, which may come and go.
 *
 * A network loses no single answer in the middle of a connection: TCP sends it again, until one side gives the whole
 * connection up. A filter that is to be true to life drops everything from some moment on.
 *
 * @param target where the server listens; a Redis URL will do.
 */
export async function startProxy(target: string | URL): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let connections = 0;

  const server = createServer({ noDelay: true }, (client) => {
    const connection = connections++;
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    const forward = (from: Passage['from'], source: Socket, sink: Socket) => {
      open.add(source);
      source.on('data', (data) => {
        if (proxy.filter({ from, data, connection }) === 'pass' && sink.writable) sink.write(data);
      });
      source.on('error', () => {}); // 'close' follows
      source.on('close', () => {
        open.delete(source);
        sink.destroy();
      });
    };
    forward('client', client, upstream);
    forward('server', upstream, client);
  });

  const proxy: TcpProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    filter: () => 'pass',
    cut() {
      for (const socket of open) socket.resetAndDestroy();
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      proxy.cut();
      await closed;
    },
    [Symbol.asyncDispose]: () => proxy.close(),
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return proxy;
}
