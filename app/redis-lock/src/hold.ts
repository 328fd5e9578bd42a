import { type Acquirer, type NodeVote, quorumValidUntil } from './node-vote.ts';
import type { Runtime, Timer } from './runtime.ts';
import { tokensPerGrant } from './script.ts';

/** An attempt that a quorum has granted. */
export interface QuorumGrant extends Acquirer {
  readonly votes: readonly NodeVote[];
  readonly quorum: number;
  readonly runtime: Runtime;
  /** It is given up or found lost: nothing of it counts any more. */
  end(): void;
}

/** What came of an attempt to start the TTL anew. */
export type Extension = 'extended' | 'lost' | 'unanswered';

/** A lock that a quorum has granted to this process, which may hand it on within itself as long as it has tokens left. */
export class Hold {
  readonly #grant: QuorumGrant;
  #lastToken: number;
  #nextToken: number;
  #ttlMs: number;
  #over = false;

  /** @param lastToken the last of the fencing tokens that came with the grant. */
  constructor(grant: QuorumGrant, lastToken: number) {
    this.#grant = grant;
    this.#ttlMs = grant.ttlMs;
    this.#lastToken = lastToken;
    this.#nextToken = lastToken - tokensPerGrant + 1;
  }

  /** The highest token that is reserved for it. */
  get lastToken(): number {
    return this.#lastToken;
  }

  /** @returns how long a quorum still holds it, by this process's monotonic clock, less drift; 0 when it is over. */
  validForMs(): number {
    if (this.#over) return 0;
    return Math.max(0, quorumValidUntil(this.#grant.votes, this.#grant.quorum) - this.#grant.runtime.now());
  }

  /** @returns whether it can be given to a holder with such wishes as it is; else it has to be made to {@link upgrade}. */
  suffices(ttlMs: number, minToken: number | undefined): boolean {
    return ttlMs <= this.#ttlMs && (minToken === undefined || this.#nextToken > minToken);
  }

  /** @returns a fencing token that no lease has had. There are as many as a hold may be handed on, and no more. */
  takeToken(): number {
    if (this.#nextToken > this.#lastToken) throw new Error('a hold was handed on more often than it has tokens');
    return this.#nextToken++;
  }

  /**
   * Makes it good enough for the next holder: a TTL as long as theirs, and fencing tokens minToken the one that they name.
   *
   * @returns as {@link extend} does, after `withinMs` at the latest.
   */
  async upgrade(ttlMs: number, minToken: number | undefined, withinMs: number): Promise<Extension> {
    const raise = minToken !== undefined && this.#nextToken <= minToken;
    const lastToken = raise ? minToken + tokensPerGrant : this.#lastToken;
    const result = await this.extend(Math.max(ttlMs, this.#ttlMs), { fence: lastToken, withinMs });
    if (result === 'extended' && raise) {
      this.#lastToken = lastToken;
      this.#nextToken = minToken + 1;
    }
    return result;
  }

  /**
   * Starts the TTL anew, on a quorum of nodes that have held the lock without a break: that a lost one can be taken again
   * says nothing about who had it meanwhile. Those are taken back once the quorum stands.
   *
   * @param fence a token that the nodes are to keep, so that each later one is greater.
   * @param withinMs how long to go on asking; in any case not beyond the end of the validity.
   * @param isWanted whether the lease that asked is still held: what outlives it would be sent in another's name.
   * @returns `lost` as soon as a quorum cannot be had any more, `unanswered` when the time was over before that was clear.
   */
  extend(ttlMs: number, { fence, withinMs, isWanted = () => true }: ExtendOptions = {}): Promise<Extension> {
    const { votes, quorum, runtime } = this.#grant;
    this.#ttlMs = Math.max(this.#ttlMs, ttlMs);
    return new Promise((resolve) => {
      let settled = false;
      let again: Timer | undefined;
      let pauseMs = 20; // then ever more: nodes may be away for as long as the lease lasts
      const settle = (result: Extension): void => {
        if (settled) return;
        settled = true;
        runtime.clearTimer(deadline);
        runtime.clearTimer(again);
        resolve(result);
      };
      const deadline = runtime.setTimer(
        () => settle('unanswered'),
        Math.ceil(Math.min(this.validForMs(), withinMs ?? Number.POSITIVE_INFINITY)),
      );

      const round = (): void => {
        const gone: NodeVote[] = [];
        let kept = 0;
        let silent = 0;
        const tally = (): void => {
          if (this.#over || !isWanted()) {
            settle('lost');
          } else if (kept >= quorum) {
            // Answers may have waited for a paused process until what they grant was over.
            settle(this.validForMs() > 0 ? 'extended' : 'unanswered');
            for (const vote of gone.splice(0)) vote.ask(this.#grant.clock());
          } else if (gone.length > votes.length - quorum) {
            settle('lost');
          } else if (kept + gone.length + silent === votes.length && !settled) {
            again = runtime.setTimer(round, pauseMs * (1 + 1.5 * runtime.random()));
            pauseMs = Math.min(2 * pauseMs, Math.max(20, this.validForMs() / 8), 400);
          }
        };
        for (const vote of votes) {
          vote.extend(ttlMs, fence === undefined ? '' : String(fence), isWanted, (result) => {
            if (result === 'kept') kept += 1;
            else if (result === 'silent') silent += 1;
            else gone.push(vote);
            tally();
          });
        }
      };
      round();
    });
  }

  /**
   * Gives it up on all nodes.
   *
   * @returns `released` when a quorum had it until now; `expired` when not, or when no quorum answered in time.
   */
  release(): Promise<'released' | 'expired'> {
    const { votes, quorum } = this.#grant;
    this.end();
    return new Promise((resolve) => {
      let had = 0;
      let hadNot = 0;
      for (const vote of votes) {
        vote.release((wasHeld) => {
          if (wasHeld) had += 1;
          else hadNot += 1;
          if (had >= quorum) resolve('released');
          else if (hadNot > votes.length - quorum) resolve('expired');
        });
      }
    });
  }

  /** The id under which each node knows it. */
  get ids(): readonly string[] {
    return this.#grant.votes.map(({ id }) => id);
  }

  /** It is over: found lost, or given up in the same moment in which another attempt asks. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#grant.end();
  }
}

interface ExtendOptions {
  readonly fence?: number;
  readonly withinMs?: number;
  readonly isWanted?: () => boolean;
}
