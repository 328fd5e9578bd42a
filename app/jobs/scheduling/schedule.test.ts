import { describe, expect, test } from 'vitest';
import { readSchedule } from './schedule.ts';

const ticks = (expression: string, timeZone: string, after: string, count: number) => {
  const schedule = readSchedule(expression, timeZone);
  const found: string[] = [];
  for (let at = schedule.next(new Date(after)); at && found.length < count; at = schedule.next(at)) {
    found.push(at.toISOString());
  }
  return found;
};

test('the next tick is a whole second, later than the given time', () => {
  expect(ticks('* * * * * *', 'UTC', '2026-03-01T10:00:00.999Z', 2)).toEqual([
    '2026-03-01T10:00:01.000Z',
    '2026-03-01T10:00:02.000Z',
  ]);
  expect(ticks('*/5 * * * *', 'UTC', '2026-03-01T10:05:00.000Z', 1)).toEqual(['2026-03-01T10:10:00.000Z']);
});

describe('daylight saving time in Europe/Berlin', () => {
  test('a job with one time of day runs once each day', () => {
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00:00.000Z', // 2:30 does not exist: the first time after it
      '2026-03-30T00:30:00.000Z',
    ]);
    expect(ticks('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  test('a job with steps follows real time', () => {
    const found = ticks('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:59:00Z', 6);
    expect(found).toHaveLength(new Set(found).size);
    expect(new Date(found[5] ?? 0).getTime() - new Date(found[0] ?? 0).getTime()).toBe(5 * 30 * 60_000);
  });
});

test.each([
  ['*/5 * * * *', 'Every 5 minutes'],
  ['* * * * * *', 'Every second'],
  ['17 3 * * *', 'At 03:17'],
  ['0 12 1 * +MON', '0 12 1 * +MON'], // valid, but cannot be described
])('%s is, in words, %s', (expression, inWords) => {
  expect(readSchedule(expression, 'UTC').inWords).toBe(inWords);
});

test.each([
  ['', 'wrong number of fields'],
  ['* * *', 'wrong number of fields'],
  ['* * * * * * 2030', 'wrong number of fields'],
  ['2099-01-01T00:00:00', 'wrong number of fields'],
  ['@hourly', 'wrong number of fields'],
  [`${Array.from({ length: 60 }, (_, minute) => minute).join()},0,1,2,3,4,5,6,7,8,9,10,11 * * * *`, 'at most 200'],
  ['61 * * * *', 'Invalid value for minute: 61'],
  ['0 0 30 2 *', 'this time never comes'],
])('%j cannot be scheduled, and the error says why', (expression, why) => {
  const read = () => readSchedule(expression, 'UTC');
  expect(read).toThrow(RangeError);
  expect(read).toThrow(
    /^must be a cron expression of 5 fields, or of 6 with the seconds first, such as "\*\/5 \* \* \* \*"/,
  );
  expect(read).toThrow(why);
});

test('names an unknown time zone', () => {
  expect(() => readSchedule('* * * * *', 'Mars/Olympus')).toThrow(/Mars\/Olympus/);
});
