/** What those who used a lock have seen. Times are in milliseconds, by the monotonic clock that all processes share. */
export interface History {
  readonly claims: readonly Claim[];
  readonly refusals: readonly Refusal[];
  readonly thefts: readonly Theft[];
  readonly doubts: readonly Doubt[];
  /** For how long rivals may have the nodes split between them, so that nobody has the lock; 0 with a single node. */
  readonly longestSplitMs: number;
}

/** A lease, as its holder saw it. */
export interface Claim {
  readonly key: string;
  /** Within one, a lock may be handed on without a word to Redis. */
  readonly process: string;
  readonly token: bigint;
  /** When it was asked for: Redis granted it after that. */
  readonly calledAt: number;
  /** When the holder knew that it held. */
  readonly grantedAt: number;
  /** From here on it relied on it no more: it began to release, its time was over, it heard of the loss, or it died. */
  endedAt: number;
  /** Until when Redis may have kept it: to the answer to its release, or to the end of the TTL where there was none. */
  keptUntil: number;
  readonly answers: Answer[];
}

/** What a holder was told when it asked to extend or to release. */
export interface Answer {
  readonly outcome: 'extended' | 'lost' | 'released' | 'expired';
  readonly calledAt: number;
  readonly repliedAt: number;
  /** Until when it was good by the holder's own clock; of an extension, not longer than it would be by that one alone. */
  readonly validUntil: number;
}

/** An acquire that was refused as busy. */
export interface Refusal {
  readonly key: string;
  readonly process: string;
  readonly calledAt: number;
  readonly repliedAt: number;
}

/** Somebody deleted the key behind the lock's back, at some time in between. */
export interface Theft {
  readonly key: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A caller was killed before it had its answer: the key may have been held in vain, at most for so long. */
export interface Doubt {
  readonly key: string;
  readonly calledAt: number;
  readonly keptUntil: number;
}

/** By how much a machine under load may be late in noticing something. */
const toleranceMs = 50;

/** @returns in words, every way in which the history breaks a promise of the lock; none when it keeps them all. */
export function violations({ claims, refusals, thefts, doubts, longestSplitMs }: History): string[] {
  const keys = [...new Set([...claims, ...refusals].map(({ key }) => key))];
  return keys.flatMap((key) => {
    const of = <T extends { readonly key: string }>(list: readonly T[]) => list.filter((one) => one.key === key);
    const inOrder = of(claims).sort((a, b) => a.grantedAt - b.grantedAt);
    const robbed = findRobbed(inOrder, of(thefts));
    return [
      ...overlaps(inOrder.filter((claim) => !robbed.has(claim))),
      ...disorder(inOrder, robbed),
      ...inOrder.flatMap((claim) => untruths(claim, { thefts: of(thefts), claims: inOrder, robbed, longestSplitMs })),
      ...groundless(of(refusals), [...inOrder, ...of(doubts)], longestSplitMs),
    ];
  });
}

const named = ({ key, process, token }: Claim) => `${key}, ${process}, token ${token}`;

/** @returns those whose key a theft may have taken, and those to whom it may have been handed on in the same process. */
function findRobbed(claims: readonly Claim[], thefts: readonly Theft[]): Set<Claim> {
  const robbed = new Set<Claim>();
  for (const claim of claims) {
    const hit = thefts.some((theft) => theft.endedAt >= claim.calledAt && theft.startedAt <= claim.keptUntil);
    const handed = [...robbed].some((one) => one.process === claim.process && claim.calledAt <= one.keptUntil);
    if (hit || handed) robbed.add(claim);
  }
  return robbed;
}

/** Never two holders at once. */
function overlaps(claims: readonly Claim[]): string[] {
  const found: string[] = [];
  let latest: Claim | undefined;
  for (const claim of claims) {
    if (latest && claim.grantedAt < latest.endedAt && claim.grantedAt < claim.endedAt) {
      const forMs = Math.min(latest.endedAt, claim.endedAt) - claim.grantedAt;
      found.push(`${named(claim)}: a holder beside ${named(latest)} for ${forMs.toFixed(2)} ms`);
    }
    if (!latest || claim.endedAt > latest.endedAt) latest = claim;
  }
  return found;
}

/**
 * Tokens grow with every grant, and no two leases have the same. A process that was robbed may hand on what it believes to
 * hold, with the tokens that came with it: what it grants then is compared with nobody's.
 */
function disorder(claims: readonly Claim[], robbed: ReadonlySet<Claim>): string[] {
  const isSound = (claim: Claim) => !robbed.has(claim) && claim.grantedAt < claim.endedAt;
  const found: string[] = [];
  claims.forEach((later, index) => {
    for (const earlier of claims.slice(0, index)) {
      const isAsked = earlier.grantedAt <= later.calledAt && !robbed.has(later); // after the earlier one was given
      const isOrdered = isAsked || (isSound(earlier) && isSound(later));
      if (isOrdered ? later.token <= earlier.token : later.token === earlier.token) {
        found.push(`${named(later)}: granted after ${named(earlier)}`);
      }
    }
  });
  return found;
}

interface Around {
  readonly thefts: readonly Theft[];
  readonly claims: readonly Claim[];
  readonly robbed: ReadonlySet<Claim>;
  readonly longestSplitMs: number;
}

/** Whoever is told that it still holds does, and whoever is told that it does not, does not. */
function untruths(claim: Claim, { thefts, claims, robbed, longestSplitMs }: Around): string[] {
  let since = claim.grantedAt;
  return claim.answers.flatMap(({ outcome, calledAt, repliedAt, validUntil }) => {
    // One that was under way during an extension is not certain to have taken a majority at any time: of several nodes it
    // takes one after the other, and the extension takes them back. So may what the claim had asked of them before; then
    // the break can be seen by somebody else only.
    const gone = thefts.some(
      (theft) =>
        theft.startedAt > since &&
        theft.endedAt < calledAt &&
        (longestSplitMs === 0 ||
          claims.some(
            ({ process, grantedAt }) =>
              process !== claim.process && grantedAt > theft.startedAt && grantedAt < calledAt,
          )),
    );
    if (outcome === 'extended') since = repliedAt;
    if (outcome === 'extended' && gone) return [`${named(claim)}: extended, after it was stolen`];
    if (outcome === 'extended' || outcome === 'released') {
      return validUntil + toleranceMs < calledAt ? [`${named(claim)}: ${outcome}, after its time was over`] : [];
    }
    const leftMs = validUntil - repliedAt;
    return leftMs < toleranceMs || robbed.has(claim)
      ? []
      : [`${named(claim)}: ${outcome}, with ${leftMs.toFixed(0)} ms left`];
  });
}

/**
 * Nobody is refused as busy when nobody can have held the key, from its call on or for the last part of its wait. Rivals
 * from other processes that are under way may have the nodes split between them, but not for long.
 */
function groundless(refusals: readonly Refusal[], held: readonly (Claim | Doubt)[], longestSplitMs: number): string[] {
  const lastPartMs = 200;
  return refusals.flatMap((refusal) => {
    const { calledAt, repliedAt, process } = refusal;
    const from = Math.max(calledAt, repliedAt - lastPartMs);
    const others = refusals.filter((other) => other !== refusal);
    const freeSince = Math.max(calledAt, ...held.map(({ keptUntil }) => keptUntil).filter((until) => until < from));
    const maySplit = repliedAt - freeSince <= longestSplitMs;
    const isGrounded =
      held.some((other) => other.calledAt <= repliedAt && other.keptUntil >= from) ||
      // It may have been granted as it left.
      others.some((other) => other.repliedAt >= from - toleranceMs && other.repliedAt <= repliedAt + toleranceMs) ||
      (maySplit &&
        others.some(
          (other) => other.process !== process && other.calledAt <= repliedAt && other.repliedAt >= freeSince,
        ));
    return isGrounded ? [] : [`${refusal.key}, ${process}: refused as busy while nobody held it`];
  });
}
