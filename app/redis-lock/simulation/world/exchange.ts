/** Counts what comes up between one process and one server, from what passes over its links. */
export class ExchangeCounter {
  readonly #count: (event: string) => void;
  /** The last token of the ids whose notification has been delivered. */
  readonly #notified = new Map<string, number>();
  readonly #answered = new Set<string>();

  constructor(count: (event: string) => void) {
    this.#count = count;
  }

  /** An answer to a script is delivered. */
  onReply(args: readonly string[], error: Error | undefined, reply: unknown): void {
    const [id = ''] = args;
    if (error) {
      this.#count(error.message.startsWith('READONLY') ? 'a write refused by a replica' : 'a request cut off');
    } else if (Array.isArray(reply)) {
      const token = this.#notified.get(id);
      if (token !== undefined && Number(reply[2]) < token) this.#count('an answer overtaken by a notification');
      this.#count(reply[0] === 1 ? 'a place in the queue' : 'a refusal without a place in the queue');
    } else if (Number(reply) > 1) {
      this.#count(this.#answered.has(id) ? 'a grant confirmed' : 'a grant by an answer');
      this.#answered.add(id);
    }
  }

  /** An answer to a command is delivered. */
  onCommandReply([name, , id = '']: readonly string[], reply: unknown): void {
    if (name !== 'SET') {
      this.#count(Number(reply) === 1 ? 'a release without a script' : 'a release that needs its script');
      return;
    }
    if (reply === 'OK') this.#answered.add(id);
    this.#count(reply === 'OK' ? 'a grant by SET' : 'no grant by SET');
  }

  /** A notification is delivered, as `serve` in grant.lua writes it. */
  onNotification(message: string): void {
    const [id = '', token, ttlMs] = message.split(' ');
    this.#notified.set(id, Number(token));
    this.#count(Number(ttlMs) < Number(id.split(':')[2]) ? 'an offer' : 'a grant by a notification');
    if (this.#answered.has(id)) this.#count('a notification overtaken by an answer');
  }
}
