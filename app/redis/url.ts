import type { RedisOptions } from 'ioredis';
import { readServerUrl, type ServerUrl, UrlError } from '../environment/server-url.ts';

/** Where a Redis is. */
export interface RedisAddress {
  /** For logs: without a password. */
  readonly name: string;
  /** Options of ioredis; of a cluster, those of its servers, some of which are named. */
  readonly connection: RedisOptions | ClusterConnection;
}

interface ClusterConnection {
  readonly startNodes: readonly { readonly host: string; readonly port: number }[];
  readonly redisOptions: RedisOptions;
}

const example = 'redis://host:6379, redis+sentinel://host:26379,host:26379/name or redis+cluster://host:6379';

/**
 * Reads the URL of a Redis: `redis://user:password@host:6379/database`; behind Sentinels
 * `redis+sentinel://user:password@host:26379,host:26379/name/database`, where `name` is what they call the master; of a
 * cluster `redis+cluster://user:password@host:6379,host:6379`; `rediss:` with TLS. User, password, database and ports may be
 * left out. What the Sentinels themselves ask for are the parameters `sentinelUsername` and `sentinelPassword`.
 *
 * @param ca certificates, as PEM, of the authorities that a server with TLS is trusted by. Default: those of Node.
 * @throws {UrlError}
 */
export function readRedisUrl(text: string, ca?: string): RedisAddress {
  const [, withTls, kind = ''] = /^redis(s?)(|\+sentinel|\+cluster):/i.exec(text) ?? [];
  if (withTls === undefined) throw new UrlError(`must be a URL such as ${example}`);
  const tls = withTls ? { ...(ca !== undefined && { ca }) } : undefined;
  if (/cluster/i.test(kind)) return clusterAt(text, tls);
  return /sentinel/i.test(kind) ? sentinelsAt(text, tls) : serverAt(text, tls);
}

type Tls = { readonly ca?: string } | undefined;

function serverAt(text: string, tls: Tls): RedisAddress {
  const url = readServerUrl(text, { defaultPort: 6379, example, options: [] });
  const [database = '0', ...others] = url.path;
  const { host, port } = url.hosts[0];
  const db = databaseNumber(database, others);
  return { name: url.hostsText, connection: { host, port, db, ...credentials(url), ...(tls && { tls }) } };
}

function sentinelsAt(text: string, tls: Tls): RedisAddress {
  const options = ['sentinelUsername', 'sentinelPassword'];
  const url = readServerUrl(text, { defaultPort: 26_379, example, options, hasHostList: true });
  const [name, database = '0', ...others] = url.path;
  if (!name) throw new UrlError(`must have the name that the Sentinels give the master in its path, as in ${example}`);
  return {
    name: `${name} behind ${url.hostsText}`,
    connection: {
      sentinels: [...url.hosts],
      name,
      db: databaseNumber(database, others),
      ...credentials(url),
      ...Object.fromEntries(url.options),
      ...(tls && { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    },
  };
}

function clusterAt(text: string, tls: Tls): RedisAddress {
  const url = readServerUrl(text, { defaultPort: 6379, example, options: [], hasHostList: true });
  if (url.path.length > 0) throw new UrlError('must have no path: a cluster has one database');
  return {
    name: `the cluster of ${url.hostsText}`,
    connection: { startNodes: url.hosts, redisOptions: { ...credentials(url), ...(tls && { tls }) } },
  };
}

const credentials = ({ username, password }: ServerUrl) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
});

function databaseNumber(text: string, others: readonly string[]): number {
  if (!/^\d{1,9}$/.test(text) || others.length > 0) throw new UrlError('must have a number as its database, if any');
  return Number(text);
}
