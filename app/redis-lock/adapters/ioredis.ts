import type { Cluster, Command, Redis } from 'ioredis';
import type { KeyCommand, LockClient, Replied, Subscriber, Subscription } from '../src/client.ts';
import { bulkString, type LockKeys } from '../src/keys.ts';
import type { Script } from '../src/script.ts';
import { isUnknownScript } from './requests.ts';
import { RetriedSubscription } from './retried-subscription.ts';

/** An ioredis connection, or an ioredis Cluster. The package's types do not import ioredis, so they compile without it. */
export interface Ioredis {
  readonly isCluster: boolean;
  readonly status: string;
  readonly options: { readonly keyPrefix?: string | undefined };
  sendCommand(command: never): unknown;
  duplicate(override?: never): unknown;
}

/** The pause before a subscription's connection that has given up connects again, in milliseconds. */
const reconnectMs = 1000;

/** The lock's client on an ioredis connection, which the caller closes. Each subscription opens a connection of its own. */
export class IoredisClient implements LockClient {
  readonly #redis: Redis;
  readonly #Command: CommandClass;
  readonly #EncodedCommand: EncodedCommandClass;
  #inFlight = 0;

  constructor(redis: Redis) {
    this.#redis = redis;
    this.#Command = commandClassOf(redis);
    this.#EncodedCommand = encodedCommandOf(this.#Command);
  }

  get isConnected(): boolean {
    return this.#redis.status === 'ready';
  }

  get isClosed(): boolean {
    return isClosed(this.#redis);
  }

  /** @param isImporting whether the server is still importing the slot of the keys. */
  runScript(
    script: Script,
    keys: LockKeys,
    args: readonly string[],
    done: Replied,
    isWanted: () => boolean,
    isImporting = false,
  ): void {
    const { sha1, source } = script;
    const { all, encoded } = keys;
    let text = `$7\r\nevalsha\r\n$40\r\n${sha1}\r\n$1\r\n${all.length}\r\n${encoded}`;
    for (const arg of args) text += bulkString(arg, arg.length);
    if (isImporting) this.#ask();
    this.#send(new this.#EncodedCommand('evalsha', 3 + all.length + args.length, text), (error, reply) => {
      if (!error || !isUnknownScript(error) || !isWanted()) return done(error, reply);
      if (isImporting) this.#ask();
      const inFull = [source, String(all.length), ...all, ...args];
      this.#send(new this.#Command('eval', inFull, { replyEncoding: 'utf8' }), done);
    });
  }

  runCommand(command: KeyCommand, done: Replied, _isWanted: () => boolean, isImporting = false): void {
    if (isImporting) this.#ask();
    const [name, key, ...args] = command;
    let text = bulkString(name, name.length) + bulkString(key);
    for (const arg of args) text += bulkString(arg, arg.length);
    this.#send(new this.#EncodedCommand(name, command.length, text), done);
  }

  subscribe(channel: string, subscriber: Subscriber): Subscription {
    const connection = this.#redis.duplicate({ autoResubscribe: false, lazyConnect: false });
    let closed = false;
    let reconnecting: NodeJS.Timeout | undefined;
    const subscription = new RetriedSubscription(
      () => connection.subscribe(channel),
      () => connection.status === 'ready',
      () => subscriber.onUp(),
    );
    connection.on('error', () => {}); // the command connection to the same Redis reports it
    connection.on('close', () => {
      subscription.cancelRetry();
      subscriber.onDown();
    });
    connection.on('end', () => {
      if (closed) return; // else its retryStrategy has given up
      reconnecting = setTimeout(() => connection.connect().catch(() => {}), reconnectMs).unref();
    });
    connection.on('ready', () => subscription.subscribe());
    connection.on('message', (_channel: string, message: string) => subscriber.onMessage(message));
    return {
      close: () => {
        closed = true;
        clearTimeout(reconnecting);
        subscription.cancelRetry();
        connection.disconnect();
      },
    };
  }

  /** The next request may use a slot that this server is importing: https://redis.io/docs/latest/commands/asking/. */
  #ask(): void {
    this.#send(new this.#Command('asking', []), () => {});
  }

  /**
   * Under load, one turn of the event loop sends all its commands in one write: a write costs more than a command. Two in
   * flight are no load yet: a Redlock releases while the slowest nodes still answer.
   */
  #send(command: Command, done: Replied): void {
    const { stream } = this.#redis;
    this.#inFlight += 1;
    if (this.#inFlight > 2 && stream?.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    (this.#redis.sendCommand(command) as Promise<unknown>).then(
      (reply) => {
        this.#inFlight -= 1;
        done(undefined, reply);
      },
      (error: Error) => {
        this.#inFlight -= 1;
        done(error, undefined);
      },
    );
  }
}

/**
 * @returns whether it was closed, or has given up. Without a connection, ioredis never reports that a close has ended, and
 *   keeps its mark after the owner has opened it again.
 */
export function isClosed(redis: Redis | Cluster): boolean {
  const { status, manuallyClosing } = redis as unknown as {
    readonly status: string;
    readonly manuallyClosing?: boolean;
  };
  return status === 'end' || (manuallyClosing === true && status !== 'ready');
}

type CommandClass = typeof Command;
type EncodedCommandClass = new (name: string, count: number, encoded: string) => Command;

/**
 * @returns the class of this connection's commands, from one that is made and not sent: there may be several copies of
 *   ioredis, and the package works without any.
 */
function commandClassOf(redis: Redis): CommandClass {
  let made: Command | undefined;
  const sendCommand = (command: Command): void => {
    made = command;
  };
  const { call } = Object.getPrototypeOf(redis) as Redis; // not the connection's own, which may be wrapped
  Reflect.apply(call, { options: {}, sendCommand }, ['ping']);
  return made?.constructor as CommandClass;
}

const encodedCommands = new Map<CommandClass, EncodedCommandClass>();

/**
 * @returns the class of a command that is encoded already: the name and the arguments as bulk strings, `count` in all.
 *   ioredis would encode it argument by argument, which is a third of what a call costs more than a PING, although most
 *   arguments do not change.
 */
function encodedCommandOf(Base: CommandClass): EncodedCommandClass {
  const known = encodedCommands.get(Base);
  if (known) return known;
  const EncodedCommand = class extends Base {
    readonly #text: string;

    constructor(name: string, count: number, encoded: string) {
      super(name, [], { replyEncoding: 'utf8' });
      this.#text = `*${count}\r\n${encoded}`;
    }

    override toWritable(): string {
      return this.#text;
    }
  };
  encodedCommands.set(Base, EncodedCommand);
  return EncodedCommand;
}
