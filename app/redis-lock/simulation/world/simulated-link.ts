import type { Replied } from '../../src/client.ts';
import { type RandomStream, randomStream } from './random.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import type { Connection, ServerRequest, SimulatedServer } from './simulated-server.ts';
import type { VirtualEvent, VirtualTime } from './virtual-time.ts';

export interface LinkOptions {
  readonly process: SimulatedProcess;
  /** Tells the links of one process to one address apart. */
  readonly number: number;
  readonly time: VirtualTime;
  readonly seed: readonly number[];
  /** The server that the address leads to at the moment. */
  readonly server: () => SimulatedServer;
  /** A connection on which a request is unanswered for so long is abandoned for a new one. */
  readonly socketTimeoutMs: number;
  /** Until when no message gets through, in either direction. Then those that were sent do. */
  readonly partedUntil?: () => number;
  /** Counts what has come up. */
  readonly reached: (event: string) => void;
  /** How long a message is under way, in milliseconds. Drawn at random without it. */
  readonly delay?: () => number;
  readonly onOpen?: () => void;
  readonly onClosed?: () => void;
  readonly onMessage?: (message: string) => void;
}

interface Sent {
  readonly done: Replied;
  readonly arrive: () => void;
  /** Unset once it has arrived. */
  arrival: VirtualEvent | undefined;
}

/** Of the messages on a link, one in so many is late. */
const lateOneIn = 60;
/** A message that was under way for longer was held up by a lost connection, in milliseconds. */
const promptMs = 40;

/**
 * A connection that reconnects by itself, to the server that its address then leads to. Messages arrive in order, in
 * both directions; when it is cut, a part of what is under way still reaches the server, later, and no answer comes
 * back.
 */
export class SimulatedLink {
  connection: object | undefined;
  /** Added to the delay of messages from the server, in milliseconds. */
  extraDelayMs = 0;
  readonly #options: LinkOptions;
  readonly #random: RandomStream;
  #server: SimulatedServer | undefined;
  #end: Connection | undefined;
  #sent = new Set<Sent>();
  #lastArrival = 0;
  #lastReply = 0;
  #heardAt = 0;
  #watch: VirtualEvent | undefined;
  #attempts = 0;
  #ended = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#random = randomStream(...options.seed, options.number);
  }

  /** The server at the other end, or the last that was. */
  get server(): SimulatedServer | undefined {
    return this.#server;
  }

  /** Opens it as soon as a server is there to be connected to. */
  connect(): void {
    const { time, process, server, onOpen } = this.#options;
    time.after(this.#delay(), () => {
      if (this.#ended || process.isKilled || this.connection) return;
      const current = server();
      if (current.state !== 'up' || time.now < this.#partedUntil()) {
        this.#reconnect();
        return;
      }
      this.#attempts = 0;
      this.#server = current;
      const connection = {};
      this.connection = connection;
      this.#end = { push: (message) => this.#push(connection, message) };
      this.#lastArrival = time.now;
      this.#lastReply = time.now;
      process.deliver(() => {
        if (this.connection === connection) onOpen?.();
      });
    });
  }

  send(request: ServerRequest, done: Replied): void {
    const { time, process } = this.#options;
    const { connection } = this;
    const server = this.#server;
    const from = this.#end;
    if (!connection || !server || !from) {
      queueMicrotask(() => done(new Error('Connection is closed.'), undefined));
      return;
    }
    const sentAt = time.now;
    const reply = (error: Error | undefined, value: unknown): void => {
      if (this.connection !== connection) {
        this.#options.reached('a reply without a connection');
        return;
      }
      time.at(this.#nextReplyAt(), () =>
        process.deliver(() => {
          if (this.connection !== connection || !this.#sent.delete(sent)) return;
          this.#heardAt = time.now;
          done(error, value);
          if (error?.message.startsWith('READONLY')) this.cut(Number.POSITIVE_INFINITY, 0); // as app/redis/connection.ts does
        }),
      );
    };
    const arrive = (): void => {
      sent.arrival = undefined;
      if (this.connection !== connection) this.#options.reached('a request that outlived its connection');
      const isLate = this.connection !== connection && time.now - sentAt > promptMs;
      server.receive({ request, from, reply, isLate });
    };
    if (this.#sent.size === 0) this.#heardAt = time.now;
    this.#lastArrival = Math.max(this.#lastArrival, time.now + this.#delay(), this.#partedUntil());
    const sent: Sent = { done, arrive, arrival: time.at(this.#lastArrival, arrive, true) };
    this.#sent.add(sent);
    this.#watchFor(connection);
  }

  /**
   * Breaks the connection.
   *
   * @param arriving how many of the requests that are under way reach the server all the same, after `lateMs`.
   */
  cut(arriving: number, lateMs: number): void {
    if (!this.connection) return;
    this.connection = undefined;
    const { time, process, onClosed } = this.#options;
    const sent = [...this.#sent];
    this.#sent.clear();
    this.#leave(sent, arriving, lateMs);
    time.after(0, () =>
      process.deliver(() => {
        onClosed?.();
        for (const { done } of sent) done(new Error('Connection is closed.'), undefined);
      }),
    );
    if (!this.#ended) this.#reconnect();
  }

  /** Closes it for good: what was sent arrives. */
  end(): void {
    this.#ended = true;
    this.cut(Number.POSITIVE_INFINITY, 0);
  }

  vanish(unnoticed: boolean): void {
    this.#ended = true;
    if (!this.connection) return;
    this.connection = undefined;
    this.#leave([...this.#sent], Number.POSITIVE_INFINITY, unnoticed ? 60_000 : 0);
  }

  /** The server's side of a lost connection: it handles what arrives, then notices. */
  #leave(sent: readonly Sent[], arriving: number, lateMs: number): void {
    const { time } = this.#options;
    const server = this.#server;
    const end = this.#end;
    let last = time.now + lateMs;
    sent.forEach((request, index) => {
      if (!request.arrival) return;
      time.cancel(request.arrival);
      if (index >= arriving) return;
      last = Math.max(last, request.arrival.at);
      time.at(last, request.arrive, true);
    });
    time.at(last, () => end && server?.disconnect(end));
  }

  #reconnect(): void {
    const { time, process } = this.#options;
    this.#attempts += 1;
    // As the service's connections do: 50 ms, 100 ms, … 500 ms at the most.
    time.after(Math.min(50 * this.#attempts, 500), () => process.deliver(() => this.connect()));
  }

  #push(connection: object, message: string): void {
    const { time, process, onMessage } = this.#options;
    time.at(this.#nextReplyAt(), () =>
      process.deliver(() => {
        if (this.connection === connection) onMessage?.(message);
      }),
    );
  }

  #watchFor(connection: object): void {
    if (this.#watch) return;
    const { time, process, socketTimeoutMs } = this.#options;
    const look = (): void => {
      this.#watch = undefined;
      if (this.connection !== connection || this.#sent.size === 0) return;
      const silentUntil = this.#heardAt + socketTimeoutMs;
      if (time.now >= silentUntil) {
        this.#options.reached('a silent connection abandoned');
        this.cut(Number.POSITIVE_INFINITY, 0);
      } else {
        this.#watch = time.at(silentUntil, () => process.deliver(look));
      }
    };
    this.#watch = time.after(socketTimeoutMs, () => process.deliver(look));
  }

  /** When what the server sends now is here: after what it sent before. */
  #nextReplyAt(): number {
    const usual = this.#options.time.now + this.#delay() + this.extraDelayMs;
    this.#lastReply = Math.max(this.#lastReply, usual, this.#partedUntil());
    return this.#lastReply;
  }

  #partedUntil(): number {
    return this.#options.partedUntil?.() ?? 0;
  }

  #delay(): number {
    if (this.#options.delay) return this.#options.delay();
    const usual = 0.05 + 0.3 * this.#random.float();
    return this.#random.int(lateOneIn) === 0 ? usual + 30 * this.#random.float() : usual;
  }
}
