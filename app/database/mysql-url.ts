import { isIP } from 'node:net';
import type { ConnectionOptions, SslOptions } from 'mysql2';
import { readServerUrl, UrlError } from '../environment/server-url.ts';

/** Where the database is, and how to sign in. */
export interface DatabaseAddress {
  /** `mysql://user:password@host:3306/database`, with the option `ssl-mode`. */
  readonly url: string;
  /** As it is, not encoded: the URL then has none. */
  readonly password?: string | undefined;
  /** Certificates, as PEM, of the authorities that the server is trusted by. Default: those of Node. */
  readonly ca?: string | undefined;
}

/**
 * MySQL's own names (https://dev.mysql.com/doc/refman/8.4/en/connection-options.html). Without one, as with DISABLED, the
 * connection is not encrypted. Not PREFERRED: it falls back to that without a word.
 */
const tlsOf: Readonly<Record<string, SslOptions | undefined>> = {
  DISABLED: undefined,
  REQUIRED: { rejectUnauthorized: false },
  VERIFY_CA: { rejectUnauthorized: true, verifyIdentity: false },
  VERIFY_IDENTITY: { rejectUnauthorized: true, verifyIdentity: true },
};

const format = {
  defaultPort: 3306,
  example: 'mysql://user:password@host:3306/database',
  options: ['ssl-mode'],
};

/**
 * Reads where the database is, as options of mysql2.
 *
 * @throws {UrlError}
 */
export function readMysqlAddress({ url, password, ca }: DatabaseAddress): ConnectionOptions {
  if (!/^mysql:/i.test(url)) throw new UrlError(`must be a URL such as ${format.example}`);
  const { username, password: ownPassword, hosts, path, options } = readServerUrl(url, format);
  const [database, ...others] = path;
  if (!database || others.length > 0) throw new UrlError(`must name one database, as in ${format.example}`);
  if (ownPassword !== undefined && password !== undefined) {
    throw new UrlError('has a password, and MYSQL_PASSWORD is set, too: leave one of them out');
  }
  const tls = readTls(options.get('ssl-mode'), ca);
  if (tls.ssl?.verifyIdentity && isIP(hosts[0].host)) {
    // mysql2 would compare the certificate with the name "localhost".
    throw new UrlError('must name its host for ssl-mode=VERIFY_IDENTITY, not an IP address');
  }
  return {
    ...hosts[0],
    ...(username !== undefined && { user: username }),
    password: password ?? ownPassword ?? '',
    database,
    ...tls,
  };
}

function readTls(mode = 'DISABLED', ca: string | undefined): { ssl?: SslOptions } {
  if (!Object.hasOwn(tlsOf, mode)) {
    throw new UrlError(`has an ssl-mode that is not offered: it may be ${Object.keys(tlsOf).join(', ')}`);
  }
  const ssl = tlsOf[mode];
  if (ca !== undefined && !ssl?.rejectUnauthorized) {
    throw new UrlError('needs ssl-mode=VERIFY_CA or VERIFY_IDENTITY: otherwise MYSQL_CA is not used');
  }
  return ssl ? { ssl: { ...ssl, ...(ca !== undefined && { ca }) } } : {};
}
