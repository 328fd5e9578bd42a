import type { LockKeys } from './keys.ts';
import type { Script } from './script.ts';

/** Called once: with the server's reply, or with the error that the server or the connection gave instead. */
export type Replied = (error: Error | undefined, reply: unknown) => void;

/** A command on one key: its name, the key, the other arguments. All but the key are ASCII. */
export type KeyCommand = readonly [name: string, key: string, ...args: string[]];

/**
 * The lock's port to one Redis server, or to one cluster. Adapters implement it on a Redis client; the simulation has its own.
 *
 * The lock assumes two things: requests for one lock reach the server in the order in which they were sent, but for those
 * that are no longer wanted, and a request on a lost connection may still take effect, at any later time.
 */
export interface LockClient {
  /** True for a cluster: each lock has a channel of its own, in the same slot as its keys. */
  readonly isCluster?: boolean;
  /** @returns the server of a cluster that has the key, by name: the others may answer while it does not. */
  serverOf?(key: string): string;
  /** True while the connection is up: a request sent now can arrive. */
  readonly isConnected: boolean;
  /** True while its owner keeps it closed: the lock's close does not wait for it then. */
  readonly isClosed?: boolean;
  /**
   * Runs a script, without a timeout: `done` is called at the latest when the connection is lost.
   *
   * @param args ASCII.
   * @param isWanted checked before the script is sent again: in full, to a server that does not have it cached, or to
   *   another server of a cluster.
   */
  runScript(script: Script, keys: LockKeys, args: readonly string[], done: Replied, isWanted: () => boolean): void;
  /** Runs a command, without a timeout, as {@link runScript} does. */
  runCommand(command: KeyCommand, done: Replied, isWanted: () => boolean): void;
  /**
   * Subscribes to a channel, over a connection of its own that reconnects by itself; in a cluster to a sharded channel,
   * wherever its slot goes.
   */
  subscribe(channel: string, subscriber: Subscriber): Subscription;
}

/** Callbacks of a subscription. */
export interface Subscriber {
  /** The channel is subscribed, for the first time or again. Messages published before were missed. */
  onUp(): void;
  /** The connection is lost: messages published from now on are missed. */
  onDown(): void;
  onMessage(message: string): void;
}

export interface Subscription {
  /** Closes the subscription and its connection. */
  close(): void;
}
