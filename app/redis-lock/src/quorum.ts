import type { NodeVote } from './node-vote.ts';

/** @returns the time until which at least a quorum has granted the lock. */
export function quorumValidUntil(votes: readonly NodeVote[], quorum: number): number {
  if (votes.length === 1) return votes[0]?.validUntil ?? 0;
  return votes.map(({ validUntil }) => validUntil).sort((a, b) => b - a)[quorum - 1] ?? 0;
}

/** @returns in how many ms a quorum is free if the current holders' TTLs run out. */
export function quorumHeldForMs(votes: readonly NodeVote[], quorum: number): number {
  const heldForMs = votes.map((vote) => vote.heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
  return Math.max(0, heldForMs);
}
