import { z } from 'zod';
import { isTimeZone, readSchedule } from '../jobs/scheduling/schedule.ts';
import { readRedisUrl } from '../redis/url.ts';
import { messageOf } from '../thrown.ts';
import { UrlError } from './server-url.ts';

/** A whole number of milliseconds, at most a day: a larger value is a typing error. */
export const milliseconds = z.coerce.number().int().min(0).max(86_400_000);
export const switchedOn = z.enum(['on', 'off']).transform((value) => value === 'on');
const splitList = (list: string) => list.split(',').map((text) => text.trim());

/** A value that `read` can read: what it throws is the error. */
const readBy = (read: (text: string) => unknown) =>
  z
    .string()
    .trim()
    .superRefine((text, context) => {
      try {
        read(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });

/** Independent Redis servers, separated by commas. Fewer than three cannot lose one and keep a majority. */
function readRedlockUrls(list: string): void {
  const urls = splitList(list);
  if (urls.length < 3 || !urls.every((text) => /^rediss?:/i.test(text))) {
    throw new UrlError('must be at least three URLs such as redis://host:6379, separated by commas');
  }
  const servers = urls.map((text) => {
    const { host, port } = readRedisUrl(text).connection as { host: string; port: number };
    return `${host.toLowerCase()}:${port}`;
  });
  // The same server twice would have two votes, even under another database.
  if (new Set(servers).size < servers.length) {
    throw new UrlError('must name each server once: the nodes must fail independently');
  }
}

/** Names that lead here, without ports. */
export const hostNames = z
  .string()
  .transform(splitList)
  .refine((names) => names.every((name) => /^[a-z0-9.-]+$/i.test(name)), {
    error: 'must be names such as lab.example.org, without a port, separated by commas',
  })
  .readonly();

export const syncUrls = z
  .string()
  .transform(splitList)
  .refine((urls) => urls.every((text) => z.url({ protocol: /^https?$/ }).safeParse(text).success), {
    error: 'must be URLs such as https://host/path, separated by commas; a comma in a URL is written %2C',
  })
  .readonly();

export const redisUrl = readBy(readRedisUrl);

export const redlockUrls = readBy(readRedlockUrls).transform(splitList).readonly();

export const timeZone = z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin');

/** Certificates of authorities. */
export const pem = z.string().regex(/-----BEGIN CERTIFICATE-----/, 'must be certificates in PEM format');

/** A job's schedule. Its syntax does not depend on the time zone, which is another variable. */
export const cron = readBy((expression) => readSchedule(expression, 'UTC'));
