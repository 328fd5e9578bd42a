/** @returns the last non-empty lines of a log. */
export function lastLines(log: string, count = 20): string {
  return log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
