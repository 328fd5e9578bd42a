import type { KeyCommand, LockClient, Replied } from './client.ts';

/** The commands that delete a key if it has a certain value, newest first, with their first servers. */
const forms: readonly ((key: string, value: string) => KeyCommand)[] = [
  (key, value) => ['DELEX', key, 'IFEQ', value], // Redis 8.4: https://redis.io/docs/latest/commands/delex/
  (key, value) => ['DELIFEQ', key, value], // Valkey 9: https://valkey.io/commands/delifeq/
];

/** A server's own compare-and-delete, if it has one: cheaper than a script. Which one it has is found out by trying. */
export class ConditionalDelete {
  readonly #client: LockClient;
  /** Index in {@link forms}; undefined as long as none is known to work. */
  #known: number | undefined;
  /** How often it may still be tried: a proxy may refuse in other words than a server. */
  #triesLeft = 3;
  #isTrying = false;

  constructor(client: LockClient) {
    this.#client = client;
  }

  /** @returns the command, or undefined: the server has none, or it is not known yet. */
  command(key: string, value: string): KeyCommand | undefined {
    if (this.#known !== undefined) return forms[this.#known]?.(key, value);
    if (!this.#isTrying && this.#triesLeft > 0) this.#try(0, key);
    return undefined;
  }

  /** The server no longer accepts the command, as after a failover. Scripts are used from then on. */
  forget(): void {
    this.#known = undefined;
    this.#triesLeft = 0;
  }

  /** Tries a command with a value that no lock has. */
  #try(index: number, key: string): void {
    const form = forms[index];
    this.#isTrying = form !== undefined;
    if (!form) {
      this.#triesLeft = 0;
      return;
    }
    const done: Replied = (error) => {
      this.#isTrying = false;
      if (!error) this.#known = index;
      else if (isRefusal(error)) this.#try(index + 1, key);
      else this.#triesLeft -= 1; // the connection was lost, or it refuses writes for now
    };
    this.#client.runCommand(form(key, ''), done, () => true);
  }
}

/** The server does not know the command, or its ACL forbids it. */
export function isRefusal({ message }: Error): boolean {
  return /unknown command|NOPERM/i.test(message);
}
