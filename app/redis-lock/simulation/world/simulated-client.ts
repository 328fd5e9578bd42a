import type { KeyCommand, LockClient, Replied, Subscriber, Subscription } from '../../src/client.ts';
import type { LockKeys } from '../../src/keys.ts';
import type { Script } from '../../src/script.ts';
import { ExchangeCounter } from './exchange.ts';
import { type LinkOptions, SimulatedLink } from './simulated-link.ts';

export interface ClientOptions extends Omit<LinkOptions, 'number'> {
  /** Whether the server stands for a cluster: it has sharded channels. Default false. */
  readonly isCluster?: boolean;
}

/** The lock's client in the simulation: a link for scripts, and one for each subscription, as with ioredis. */
export class SimulatedClient implements LockClient {
  /** For scripts. */
  readonly commands: SimulatedLink;
  readonly subscriptions = new Set<SimulatedLink>();
  readonly isCluster: boolean;
  readonly #options: Omit<LinkOptions, 'number'>;
  readonly #exchange: ExchangeCounter;
  #links = 0;

  constructor({ isCluster = false, ...options }: ClientOptions) {
    this.isCluster = isCluster;
    this.#options = options;
    this.#exchange = new ExchangeCounter(options.reached);
    this.commands = new SimulatedLink({ ...options, number: this.#links++ });
    this.commands.connect();
  }

  get isConnected(): boolean {
    return this.commands.connection !== undefined;
  }

  get links(): SimulatedLink[] {
    return [this.commands, ...this.subscriptions];
  }

  runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied): void {
    this.commands.send({ kind: 'script', script, keys: keys.all, args }, (error, reply) => {
      this.#exchange.onReply(args, error, reply);
      done(error, reply);
    });
  }

  runCommand(command: KeyCommand, done: Replied): void {
    this.commands.send({ kind: 'command', command }, (error, reply) => {
      this.#exchange.onCommandReply(command, reply);
      done(error, reply);
    });
  }

  subscribe(channel: string, subscriber: Subscriber): Subscription {
    const channelKind = this.isCluster ? 'sharded' : 'plain';
    const link = new SimulatedLink({
      ...this.#options,
      number: this.#links++,
      onOpen: () => link.send({ kind: 'subscribe', channel, channelKind }, (error) => error ?? subscriber.onUp()),
      onClosed: () => subscriber.onDown(),
      onMessage: (message) => {
        this.#exchange.onNotification(message);
        subscriber.onMessage(message);
      },
    });
    this.subscriptions.add(link);
    link.connect();
    return {
      close: () => {
        this.subscriptions.delete(link);
        link.end();
      },
    };
  }

  /**
   * The process has gone: what it sent is on its way.
   *
   * @param unnoticed whether the servers keep its connections open.
   */
  vanish(unnoticed: boolean): void {
    for (const link of this.links) link.vanish(unnoticed);
  }
}
