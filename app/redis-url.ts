import type { RedisOptions } from 'ioredis';

/** Where a Redis is. */
export interface RedisAddress {
  /** For logs: without a password. */
  readonly name: string;
  /** A URL that ioredis reads itself, or its options; of a cluster, those of its servers, some of which are named. */
  readonly connection: string | RedisOptions | ClusterConnection;
}

interface ClusterConnection {
  readonly startNodes: readonly { readonly host: string; readonly port: number }[];
  readonly redisOptions: RedisOptions;
}

/**
 * Reads the URL of a Redis: `redis://user:password@host:6379/database`; behind Sentinels
 * `redis+sentinel://user:password@host:26379,host:26379/name/database`, where `name` is what they call the master; of a
 * cluster `redis+cluster://user:password@host:6379,host:6379`; `rediss:` with TLS. User, password, database and ports may be
 * left out. What the Sentinels themselves ask for are the parameters `sentinelUsername` and `sentinelPassword`.
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
  const cluster = clusterUrl.exec(text)?.groups;
  if (cluster) return readCluster(cluster);
  const parts = sentinelUrl.exec(text)?.groups;
  const hosts = hostsIn(parts?.hosts, 26_379);
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

const clusterUrl =
  /^(?<protocol>rediss?)\+cluster:\/\/(?:(?<username>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/?]+)\/?$/;

function readCluster(parts: Record<string, string>): RedisAddress | undefined {
  const startNodes = hostsIn(parts.hosts, 6379);
  if (startNodes.length !== parts.hosts?.split(',').length) return undefined;
  const [username, password] = [decoded(parts.username), decoded(parts.password)];
  const redisOptions = {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(parts.protocol === 'rediss' && { tls: {} }),
  };
  return { name: `the cluster of ${parts.hosts}`, connection: { startNodes, redisOptions } };
}

/** @returns the addresses in a list, without what is none. */
function hostsIn(list = '', defaultPort: number): { host: string; port: number }[] {
  return list.split(',').flatMap((text) => {
    const [, host, port = String(defaultPort)] = /^(\[.+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
    const isValid = host !== undefined && Number(port) >= 1 && Number(port) <= 65_535;
    return isValid ? [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }] : [];
  });
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
