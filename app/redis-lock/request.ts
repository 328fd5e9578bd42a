import type { Limited } from './deadlines.ts';

/** Called once: with Redis's reply, or with what kept it from replying in time. */
export type Answered = (error: Error | undefined, reply: unknown) => void;

/** Who sent a request hears first how it ended. */
export interface Sender {
  /** Redis has replied, or said that it cannot. */
  onReply(request: Request): void;
  /** Its time is over. @returns how to call that. */
  onSilence(): Error;
}

/** One script that Redis was asked to run: answered within its time, or never. */
export class Request implements Limited {
  readonly dueAt: number;
  readonly #sender: Sender;
  readonly #answered: Answered;
  readonly #isWanted: () => boolean;
  #pending = true;

  constructor(sender: Sender, dueAt: number, answered: Answered, isWanted: () => boolean) {
    this.dueAt = dueAt;
    this.#sender = sender;
    this.#answered = answered;
    this.#isWanted = isWanted;
  }

  /** Whether it is still of use to whoever asked. */
  get wanted(): boolean {
    return this.#pending && this.#isWanted();
  }

  onDue(): void {
    this.#pending = false;
    this.#answered(this.#sender.onSilence(), undefined);
  }

  /** @param error what Redis or the connection to it said instead of a reply. */
  settle(error: Error | undefined, reply: unknown): void {
    this.#sender.onReply(this);
    if (!this.#pending) return; // too late: whoever asked has been told so
    this.#pending = false;
    this.#answered(error, reply);
  }
}
