/** A URL that cannot be used. The message says what is wrong, and never shows the URL: it may hold a password. */
export class UrlError extends Error {
  override readonly name = 'UrlError';
}

/** The parts of a server's URL, decoded. A part that is empty is undefined. */
export interface ServerUrl {
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** At least one. */
  readonly hosts: readonly [Host, ...Host[]];
  /** As they are written, for logs. */
  readonly hostsText: string;
  /** What stands between slashes behind the hosts. */
  readonly path: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

interface Host {
  /** An IPv6 address is without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** How the URLs of one kind of server look. */
export interface UrlFormat {
  readonly defaultPort: number;
  /** For errors. */
  readonly example: string;
  /** The names of the options that it may have. */
  readonly options: readonly string[];
  /** Several hosts, separated by commas. */
  readonly hasHostList?: boolean;
}

/** Not `URL`, which knows one host only, and keeps a `%` that encodes nothing. */
const grammar =
  /^[a-z+]+:\/\/(?:(?<username>[^:/?#]*?)(?::(?<password>[^/?#]*))?@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#@]*))?(?:\?(?<query>[^#]*))?$/i;

/**
 * Reads `protocol://user:password@host:port/path?option=value`. The caller has checked the protocol.
 *
 * @throws {UrlError}
 */
export function readServerUrl(text: string, { defaultPort, example, options, hasHostList }: UrlFormat): ServerUrl {
  const malformed = new UrlError(
    `must be a URL such as ${example}; in a password, write % as %25, / as %2F, ? as %3F and # as %23`,
  );
  const parts = grammar.exec(text)?.groups;
  if (!parts) throw malformed;
  const { hosts: hostsText = '', path, query } = parts;
  const [first, ...others] = hostsText.split(',').map((host) => readHost(host, defaultPort));
  if (!first || (others.length > 0 && !hasHostList)) throw malformed;
  return {
    username: decoded(parts.username, 'the user'),
    password: decoded(parts.password, 'the password'),
    hosts: [first, ...others],
    hostsText,
    path: path ? path.split('/').map((part) => decoded(part, 'the path') ?? '') : [],
    options: readOptions(query, options),
  };
}

function readHost(text: string, defaultPort: number): Host {
  const [, host, port = String(defaultPort)] = /^(\[[\d:a-f.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  if (host === undefined) {
    throw new UrlError('must name each server as host or host:port, an IPv6 address in brackets: [::1]:port');
  }
  if (Number(port) < 1 || Number(port) > 65_535) throw new UrlError('must have ports from 1 to 65535');
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Decoded like the rest of the URL: a + stays a plus. */
function readOptions(query: string | undefined, known: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const option of query?.split('&') ?? []) {
    const [name = '', ...value] = option.split('=');
    if (!known.includes(name)) {
      const allowed = known.length > 0 ? `the options are ${known.join(', ')}` : 'there are none';
      throw new UrlError(`has the option ${JSON.stringify(name)}, which is unknown: ${allowed}`);
    }
    if (options.has(name)) throw new UrlError(`has the option ${JSON.stringify(name)} twice`);
    options.set(name, decoded(value.join('='), `the option ${name}`) ?? '');
  }
  return options;
}

function decoded(text: string | undefined, what: string): string | undefined {
  try {
    return text ? decodeURIComponent(text) : undefined;
  } catch {
    throw new UrlError(`has a % in ${what} that encodes nothing: write % as %25`);
  }
}
