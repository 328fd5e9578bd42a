/** @param minor in minor units. @returns such as `49.00`. */
export function formatAmount(minor: number): string {
  return (minor / 100).toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
