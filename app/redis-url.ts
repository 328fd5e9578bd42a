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
  if (/^rediss?:/.test(text)) {
    const { hostname, host } = new URL(text);
    return /^[^,]+$/.test(hostname) ? { name: host, connection: text } : undefined;
  }
  const parts = sentinelUrl.exec(text)?.groups;
  const hosts = parts?.hosts?.split(',').map((host) => /^(\[.+\]|[^:]+)(?::(\d{1,5}))?$/.exec(host));
  if (!parts || !hosts?.every((host) => host !== null)) return undefined;
  const query = new URLSearchParams(parts.query);
  if ([...query.keys()].some((name) => name !== 'sentinelUsername' && name !== 'sentinelPassword')) return undefined;
  const given = {
    username: decoded(parts.username),
    password: decoded(parts.password),
    sentinelUsername: query.get('sentinelUsername') ?? undefined,
    sentinelPassword: query.get('sentinelPassword') ?? undefined,
  };
  const tls = parts.protocol === 'rediss' ? { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true } : {};
  return {
    name: `${parts.name} behind ${parts.hosts}`,
    connection: {
      sentinels: hosts.map(([, host = '', port]) => ({
        host: host.replace(/^\[|\]$/g, ''),
        port: Number(port ?? 26_379),
      })),
      name: decoded(parts.name) ?? '',
      db: Number(parts.database ?? 0),
      failoverDetector: true, // leaves an old master that is still up
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      ...tls,
    },
  };
}

const sentinelUrl =
  /^(?<protocol>rediss?)\+sentinel:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)\/(?<name>[^/?]+)(?:\/(?<database>\d+))?(?:\?(?<query>.*))?$/;

/** @returns undefined for an empty text, as for none. @throws for a % that encodes nothing. */
const decoded = (text: string | undefined) => (text ? decodeURIComponent(text) : undefined);
