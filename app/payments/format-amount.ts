const amounts = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** @param minor in minor units. @returns such as `49.00`. */
export function formatAmount(minor: number): string {
  return amounts.format(minor / 100);
}
