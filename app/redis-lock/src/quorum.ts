import type { NodeVote } from './node-vote.ts';

/** @returns the time until which at least a quorum has granted the lock. */
export function quorumValidUntil(votes: readonly NodeVote[], quorum: number): number {
  let latest = 0; // found without a sorted copy: each grant and each release asks
  for (const { validUntil } of votes) {
    if (validUntil <= latest) continue;
    let granted = 0;
    for (const other of votes) if (other.validUntil >= validUntil) granted += 1;
    if (granted >= quorum) latest = validUntil;
  }
  return latest;
}

/** @returns in how many ms a quorum is free if the current holders' TTLs run out. */
export function quorumHeldForMs(votes: readonly NodeVote[], quorum: number): number {
  const heldForMs = votes.map((vote) => vote.heldForMs).sort((a, b) => a - b)[quorum - 1] ?? 0;
  return Math.max(0, heldForMs);
}
