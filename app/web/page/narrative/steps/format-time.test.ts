import { expect, test } from 'vitest';
import { formatDistance, formatTime } from './format-time.ts';

const now = '2026-11-22T11:30:00.000Z';
const at = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString();

test.each([
  ['2026-11-22T09:05:07.900Z', 'UTC', '09:05:07'],
  ['2026-11-22T00:00:00.000Z', 'UTC', '00:00:00'],
  ['2026-11-23T03:17:00.000Z', 'UTC', '23 Nov 03:17:00'],
  ['2027-01-01T00:00:00.000Z', 'UTC', '1 Jan 2027 00:00:00'],
  ['2026-11-22T11:45:00.000Z', 'Europe/Berlin', '12:45:00'],
  ['2026-11-22T23:30:00.000Z', 'Europe/Berlin', '23 Nov 00:30:00'], // there it is tomorrow
])('formats %s in %s, with the day only if it differs: %s', (moment, zone, text) => {
  expect(formatTime(moment, now, zone)).toBe(text);
});

test.each([
  [0.4, 'now'],
  [-0.4, 'now'],
  [3, 'in 3 s'],
  [-20, '20 s ago'],
  [89, 'in 89 s'],
  [90, 'in 2 min'],
  [-5 * 60, '5 min ago'],
  [89 * 60, 'in 89 min'],
  [90 * 60, 'in 2 h'],
  [35 * 3600, 'in 35 h'],
  [36 * 3600, 'in 2 days'],
  [-72 * 3600, '3 days ago'],
])('formats %d seconds from now: %s', (seconds, text) => {
  expect(formatDistance(at(seconds), now)).toBe(text);
});
