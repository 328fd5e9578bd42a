import type { Acquirer, NodeGrant, NodeVote } from './node-vote.ts';
import { quorumValidUntil } from './quorum.ts';
import type { Runtime, Timer } from './runtime.ts';
import { tokensPerGrant } from './script.ts';

/** An attempt that a quorum has granted. */
export interface QuorumGrant extends Acquirer {
  readonly votes: readonly NodeVote[];
  readonly quorum: number;
  readonly runtime: Runtime;
  /** Ends the attempt: the lock was released or lost. */
  end(): void;
}

/** The result of an extension. */
export type Extension = 'extended' | 'lost' | 'unanswered';

/** A lock that a quorum has granted to this process. It may be handed over within the process while tokens are left. */
export class Hold {
  readonly #grant: QuorumGrant;
  #lastToken: number;
  #nextToken: number;
  #ttlMs: number;
  #over = false;

  /** @param lastToken the last fencing token of the grant. */
  constructor(grant: QuorumGrant, lastToken: number) {
    this.#grant = grant;
    this.#ttlMs = grant.ttlMs;
    this.#lastToken = lastToken;
    this.#nextToken = lastToken - tokensPerGrant + 1;
  }

  /** The highest reserved token. */
  get lastToken(): number {
    return this.#lastToken;
  }

  /** @returns the validity left on a quorum, by this process's monotonic clock, less drift; 0 once it has ended. */
  validForMs(now = this.#grant.runtime.now()): number {
    if (this.#over) return 0;
    return Math.max(0, quorumValidUntil(this.#grant.votes, this.#grant.quorum) - now);
  }

  /** @returns true if a holder with these options can have it as it is; otherwise {@link upgrade} it first. */
  suffices(ttlMs: number, minToken: number | undefined): boolean {
    return ttlMs <= this.#ttlMs && (minToken === undefined || this.#nextToken > minToken);
  }

  /** @returns the next unused fencing token. A hold has one token for each holder to which it may be handed over. */
  takeToken(): number {
    if (this.#nextToken > this.#lastToken) throw new Error('a hold was handed over more often than it has tokens');
    return this.#nextToken++;
  }

  /**
   * Raises the TTL and the fencing tokens to what the next holder needs: tokens greater than `minToken`.
   *
   * @returns the result of {@link extend}, after at most `withinMs`.
   */
  async upgrade(ttlMs: number, minToken: number | undefined, withinMs: number): Promise<Extension> {
    const raise = minToken !== undefined && this.#nextToken <= minToken;
    const lastToken = raise ? minToken + tokensPerGrant : this.#lastToken;
    const fence = this.#grant.fencing ? lastToken : undefined;
    const result = await this.extend(Math.max(ttlMs, this.#ttlMs), { fence, withinMs });
    if (result === 'extended' && raise) {
      this.#lastToken = lastToken;
      this.#nextToken = minToken + 1;
    }
    return result;
  }

  /**
   * Restarts the TTL on a quorum of nodes that have held the lock without interruption. A node that lost the lock does
   * not count, even if the lock is free there: another holder may have had it meanwhile. Such nodes are asked again
   * once the quorum has confirmed.
   *
   * @param fence a token for the nodes to store, so that each later one is greater.
   * @param withinMs how long to retry; never beyond the end of the validity.
   * @param isWanted true while the lease that asked is held: a later request would extend another holder's lease.
   * @returns `lost` as soon as a quorum is impossible, and if the validity ended before the answer was read;
   *   `unanswered` if time ran out before a decision.
   */
  extend(ttlMs: number, { fence, withinMs, isWanted = () => true }: ExtendOptions = {}): Promise<Extension> {
    const { votes, quorum, runtime } = this.#grant;
    this.#ttlMs = Math.max(this.#ttlMs, ttlMs);
    const hasEnded = (): boolean => this.#over || !isWanted();
    const validUntil = runtime.now() + this.validForMs();
    return new Promise((resolve) => {
      let settled = false;
      let again: Timer | undefined;
      let pauseMs = 20; // doubles: nodes may be away for as long as the lease lasts
      const settle = (result: Extension): void => {
        if (settled) return;
        settled = true;
        runtime.clearTimer(deadline);
        runtime.clearTimer(again);
        resolve(result);
      };
      const deadline = runtime.setTimer(
        () => runtime.setImmediate(() => settle('unanswered')), // a reply may have arrived during a stall
        Math.ceil(Math.min(this.validForMs(), withinMs ?? Number.POSITIVE_INFINITY)),
      );

      const round = (): void => {
        if (hasEnded()) {
          settle('lost'); // since the last round: another holder may have the lock by now
          return;
        }
        const gone: NodeVote[] = [];
        let kept = 0;
        let silent = 0;
        const tally = (): void => {
          if (hasEnded()) {
            settle('lost');
          } else if (kept >= quorum) {
            // The process may have been paused. After the validity, another holder may have had the lock, with a greater
            // token, before a request that was still under way had it granted to the same id again.
            if (runtime.now() >= validUntil) settle('lost');
            else settle(this.validForMs() > 0 ? 'extended' : 'unanswered');
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
   * Releases it on all nodes.
   *
   * @returns `released` if a quorum held it until now; `expired` otherwise, or if no quorum answered in time.
   */
  release(): Promise<'released' | 'expired'> {
    const { votes, quorum } = this.#grant;
    const clock = this.#grant.clock();
    this.end();
    return new Promise((resolve) => {
      let had = 0;
      let hadNot = 0;
      for (const vote of votes) {
        vote.release(clock, (wasHeld) => {
          if (wasHeld) had += 1;
          else hadNot += 1;
          if (had >= quorum) resolve('released');
          else if (hadNot > votes.length - quorum) resolve('expired');
        });
      }
    });
  }

  /** The grant of each node. */
  get grants(): readonly NodeGrant[] {
    return this.#grant.votes.map(({ id, longestTtlMs }) => ({ id, longestTtlMs }));
  }

  /** Ends it: it was lost or released, or the next attempt's scripts release it. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#grant.end();
  }
}

interface ExtendOptions {
  readonly fence?: number | undefined;
  readonly withinMs?: number;
  readonly isWanted?: () => boolean;
}
