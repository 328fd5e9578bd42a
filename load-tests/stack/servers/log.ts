/** @returns the last lines of a log, without the empty ones. */
export function lastLines(log: string, count = 20): string {
  return log
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}
