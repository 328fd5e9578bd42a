import type { RedisOptions } from 'ioredis';

/** Where a Redis is. */
export interface RedisAddress {
  /** For logs: without a password. */
  readonly name: string;
  /** A URL that ioredis reads itself, or its options. */
  readonly connection: string | RedisOptions;
}

/**
 * Reads the URL of a Redis: `redis://user:password@host:6379/database`, or, behind Sentinels,
 * `redis+sentinel://user:password@host:26379,host:26379/name/database`, where `name` is what they call the master;
 * `rediss:` with TLS. User, password, database and the Sentinels' ports may be left out. What the Sentinels themselves ask
 * for are the parameters `sentinelUsername` and `sentinelPassword`.
 *
 * @returns undefined for anything else.
 */
export function readRedisUrl(text: string): RedisAddress | undefined {
  try {
    return read(text);
  } catch {
    return undefined;
  }
}

function read(text: string): RedisAddress | undefined {
  if (/^rediss?:/i.test(text)) {
    const { hostname, host } = new URL(text);
    return /^[^,]+$/.test(hostname) ? { name: host, connection: text } : undefined;
  }
  const parts = sentinelUrl.exec(text)?.groups;
  const hosts = (parts?.hosts ?? '').split(',').flatMap((text) => hostAndPort(text));
  if (!parts || hosts.length !== parts.hosts?.split(',').length) return undefined;
  const query = parametersIn(parts.query);
  if ([...query.keys()].some((name) => name !== 'sentinelUsername' && name !== 'sentinelPassword')) return undefined;
  const given = {
    username: decoded(parts.username),
    password: decoded(parts.password),
    sentinelUsername: query.get('sentinelUsername'),
    sentinelPassword: query.get('sentinelPassword'),
  };
  const tls = parts.protocol === 'rediss' ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {};
  return {
    name: `${parts.name} behind ${parts.hosts}`,
    connection: {
      sentinels: hosts,
      name: decoded(parts.name) ?? '',
      db: Number(parts.database ?? 0),
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      ...tls,
    },
  };
}

const sentinelUrl =
  /^(?<protocol>rediss?)\+sentinel:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)\/(?<name>[^/?]+)(?:\/(?<database>\d+))?(?:\?(?<query>.*))?$/;

/** @returns what a Sentinel's address is, in a list; an empty one for what is none. */
function hostAndPort(text: string): { host: string; port: number }[] {
  const [, host, port = '26379'] = /^(\[.+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isValid = host !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
  return isValid ? [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }] : [];
}

/** Decoded like the rest of the URL: a + stays a plus. */
const parametersIn = (query = ''): ReadonlyMap<string, string | undefined> =>
  new Map(
    query.split('&').flatMap((parameter) => {
      const [, name = '', value] = /^([^=]+)=?(.*)$/.exec(parameter) ?? [];
      return name === '' ? [] : [[name, decoded(value)]];
    }),
  );

/** @returns undefined for an empty text, as for none. @throws for a % that encodes nothing. */
const decoded = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined);
