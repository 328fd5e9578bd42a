import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A chunk of data as read from the network: it may end in the middle of a command. */
export interface Passage {
  readonly from: 'client' | 'server';
  readonly data: Buffer;
  /** Number of the connection, from 0; the same in both directions. */
  readonly connection: number;
}

/**
 * Decides on each chunk. A dropped chunk never arrives. A held chunk stays in the proxy, with all later ones of the same
 * connection and direction, until it is released, even if its sender has closed the connection.
 */
type Filter = (passage: Passage) => 'pass' | 'drop' | 'hold';

/** A proxy to a server that can drop, hold and delay data. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number;
  /** Applies to present and new connections. Default: pass everything. */
  filter: Filter;
  /** The target of new connections. */
  target: URL;
  /** True while a client is connected through the proxy. */
  readonly isInUse: boolean;
  /** True until the server has closed every connection whose client has gone. */
  readonly hasLateData: boolean;
  /** Number of connections so far. */
  readonly connections: number;
  /** Sends the held data, in order. */
  release(): void;
  /** Resets every connection, as a crashed peer does. New connections are accepted. */
  cut(): void;
  /** Resets every connection and accepts no new ones. */
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Delay in each direction, in milliseconds. Default 0. */
  readonly delayMs?: number;
}

/**
 * Starts a proxy on a free port of 127.0.0.1 that passes bytes between its clients and a server, which may come and go.
 *
 * A network does not lose single answers within a connection: TCP repeats them until one side gives up the connection. So a
 * realistic filter drops everything from some moment on.
 *
 * @param target the server's address, such as a Redis URL.
 */
export async function startProxy(target: string | URL, { delayMs = 0 }: ProxyOptions = {}): Promise<TcpProxy> {
  const open = new Set<Socket>();
  const waiting = new Set<() => void>();
  const late = new Set<Socket>();
  let connections = 0;
  // Timers of one length fire in the order in which they were set, so nothing overtakes earlier data.
  const afterDelay = (arrive: () => void) => (delayMs > 0 ? void setTimeout(arrive, delayMs) : arrive());

  const server = createServer({ noDelay: true }, (client) => {
    const connection = connections++;
    const upstream = connect({ host: proxy.target.hostname, port: Number(proxy.target.port), noDelay: true });
    const forward = (from: Passage['from'], source: Socket, sink: Socket) => {
      open.add(source);
      const held: Buffer[] = [];
      const pass = (data: Buffer) => afterDelay(() => sink.writable && sink.write(data));
      const sendHeld = () => {
        waiting.delete(sendHeld);
        for (const data of held.splice(0)) pass(data);
        if (source.destroyed) afterDelay(() => sink.end());
      };
      source.on('data', (data) => {
        const decision = proxy.filter({ from, data, connection });
        if (decision === 'drop') return;
        if (decision === 'hold' || held.length > 0) {
          held.push(data);
          waiting.add(sendHeld);
        } else pass(data);
      });
      source.on('error', () => {}); // 'close' follows
      source.on('close', () => {
        open.delete(source);
        late.delete(source);
        // Data sent before the end arrives before it, however late.
        if (waiting.has(sendHeld)) late.add(sink);
        else afterDelay(() => sink.destroy());
      });
    };
    forward('client', client, upstream);
    forward('server', upstream, client);
  });

  const proxy: TcpProxy = {
    get port() {
      return (server.address() as AddressInfo).port;
    },
    get isInUse() {
      return open.size > 0;
    },
    get hasLateData() {
      return late.size > 0;
    },
    get connections() {
      return connections;
    },
    filter: () => 'pass',
    target: new URL(target),
    release() {
      for (const send of [...waiting]) send();
    },
    cut() {
      waiting.clear();
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
