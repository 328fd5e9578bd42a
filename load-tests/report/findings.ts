const nouns = {
  chargedAgain: ['payment charged again', 'payments charged again'],
  contradicted: ['answer that the ledger contradicts', 'answers that the ledger contradicts'],
  staleWrites: ['stale write', 'stale writes'],
  accessWithoutPaying: ['user with access without paying', 'users with access without paying'],
  chargedTwice: ['user charged twice', 'users charged twice'],
  chargedWithoutAccess: ['user charged without access', 'users charged without access'],
  notLinearizable: ['history that no order explains', 'histories that no order explains'],
} as const;

type Finding = keyof typeof nouns;

/** @returns a count with its noun, such as `1,204 requests`. */
export const counted = (count: number, one: string, more: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** @returns what the witnesses found, such as `12 payments charged again` and `1 stale write`; empty without a finding. */
export function describeFindings(counts: Readonly<Partial<Record<Finding, number | null>>>): string[] {
  return (Object.keys(nouns) as Finding[]).flatMap((finding) => {
    const count = counts[finding] ?? 0;
    const [one, more] = nouns[finding];
    return count === 0 ? [] : [counted(count, one, more)];
  });
}
