const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * A moment as a clock in `timeZone` shows it, such as `11:45:00`; with its day, such as `23 Nov 00:00:00`, unless it is on
 * the same day as `now`.
 */
export function formatTime(moment: string, now: string, timeZone: string): string {
  const [at, today] = [new Date(moment), new Date(now)];
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' }).format(at);
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'medium' });
  if (day.format(at) === day.format(today)) return time;
  const isSameYear = day.format(at).slice(-4) === day.format(today).slice(-4);
  return `${isSameYear ? day.format(at).slice(0, -5) : day.format(at)} ${time}`;
}

/** @returns such as `in 3 min`, `20 s ago` or `now`, by the one unit that says it best. */
export function formatDistance(moment: string, now: string): string {
  const ms = Date.parse(moment) - Date.parse(now);
  const about = roughly(Math.abs(ms));
  if (about === undefined) return 'now';
  return ms > 0 ? `in ${about}` : `${about} ago`;
}

function roughly(ms: number): string | undefined {
  const seconds = Math.round(ms / 1000);
  if (seconds < 1) return undefined;
  if (seconds < 90) return `${seconds} s`;
  if (ms < 90 * minuteMs) return `${Math.round(ms / minuteMs)} min`;
  if (ms < 36 * hourMs) return `${Math.round(ms / hourMs)} h`;
  return `${Math.round(ms / dayMs)} days`;
}
