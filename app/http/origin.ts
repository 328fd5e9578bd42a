import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { ProblemError } from './problem.ts';

/**
 * True if no proxy has passed the request on. nginx puts this header on every request, so no path, however written, makes a
 * client's request look internal.
 */
export function isInternal({ headers }: { headers: NodeJS.Dict<unknown> }): boolean {
  return headers['x-forwarded-for'] === undefined;
}

/**
 * Refuses what a page of another site, open in the same browser, sends here. Browsers name the site in `Sec-Fetch-Site`, over
 * plain HTTP only in `Origin`; other clients send neither.
 */
export const refuseOtherSites: RequestHandler = ({ headers }, _res, next) => {
  const { 'sec-fetch-site': site, origin, host = '' } = headers;
  // What the browser says itself counts first: a proxy may have changed the host.
  const isOther =
    site === undefined
      ? origin !== undefined && nameIn(origin) !== nameOf(host)
      : site === 'cross-site' || site === 'same-site';
  if (isOther) throw new ProblemError('cross-site', 'A page of another site has sent this. Nothing was done.');
  next();
};

/**
 * Refuses requests for other names than this lab's: by a name of its own that leads here, a foreign page would count as the
 * same site (DNS rebinding). Addresses, `localhost` and names without a dot are not any page's own.
 */
export function refuseOtherHosts(allowed: readonly string[]): RequestHandler {
  const known = new Set(allowed.map((name) => name.toLowerCase()));
  return ({ headers: { host = '' } }, _res, next) => {
    const name = nameOf(host);
    const isOwn = isIP(name) > 0 || !name.includes('.') || name.endsWith('.localhost') || known.has(name);
    if (!isOwn) {
      throw new ProblemError(
        'unknown-host',
        `This lab is not known as ${name}: LAB_HOSTS lists its names. Nothing was done.`,
      );
    }
    next();
  };
}

/** @returns the name in a `Host`, without the port: nginx leaves that out. */
const nameOf = (host: string) =>
  host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();

/** @returns that in an `Origin`; an opaque one, `null`, is no host's. */
const nameIn = (origin: string) => nameOf(origin.replace(/^[a-z+.-]+:\/\//i, ''));
