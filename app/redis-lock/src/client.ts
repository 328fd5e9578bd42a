import type { LockKeys } from './keys.ts';
import type { Script } from './script.ts';

/** Called once: with the server's reply, or with the error that the server or the connection gave instead. */
export type ScriptDone = (error: Error | undefined, reply: unknown) => void;

/**
 * A connection to one Redis server, as the lock needs it. An adapter puts it on top of a Redis client; the simulation has
 * one of its own.
 *
 * The lock relies on this: requests on one connection reach the server in the order in which they were sent, and a
 * request on a connection that is lost may still take effect, at any later time.
 */
export interface LockClient {
  /** Whether the connection is up: a request that is sent now has a chance to arrive. */
  readonly isConnected: boolean;
  /**
   * Runs a script. It has no time limit of its own: `done` is called at the latest when the connection is lost.
   *
   * @param isWanted asked before the script is sent a second time, to a server that does not know it yet.
   */
  runScript(script: Script, keys: LockKeys, args: readonly string[], done: ScriptDone, isWanted: () => boolean): void;
  /** Listens to a channel, over a connection that reconnects by itself. */
  subscribe(channel: string, subscriber: Subscriber): Subscription;
}

/** What a subscription reports. */
export interface Subscriber {
  /** The channel is subscribed, for the first time or again. Messages published before were missed. */
  onUp(): void;
  /** The connection is lost: messages published from now on are missed. */
  onDown(): void;
  onMessage(message: string): void;
}

export interface Subscription {
  /** Ends it, and its connection. */
  close(): void;
}
