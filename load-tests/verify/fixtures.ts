/** What the witnesses found, in runs that a single one of them found violated. */
export const singleViolations = [
  { staleWrites: 1 },
  { accessWithoutPaying: 1 },
  { chargedTwice: 1 },
  { chargedWithoutAccess: 1 },
  { chargedAgain: 1 },
  { linearizable: false },
] as const;
