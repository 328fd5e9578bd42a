import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../stack/processes/run-command.ts';

/** An authority that no machine trusts, and a server's certificate by it. */
export interface Certificates {
  /** The authority's certificate, as PEM, and its file. */
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/**
 * Makes an authority and a certificate for the host name, by openssl.
 *
 * @throws with the output of openssl.
 */
export async function makeCertificates(directory: string, hostName: string): Promise<Certificates> {
  await mkdir(directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  const openssl = async (...args: string[]) => {
    const { succeeded, output } = await runCommand(['openssl', ...args], { timeoutMs: 60_000 });
    if (!succeeded) throw new Error(`openssl ${args.join(' ')} failed:\n${output}`);
  };
  const newKey = (name: string) => ['-newkey', 'rsa:2048', '-noenc', '-keyout', file(`${name}.key`)];
  await openssl('req', '-x509', ...newKey('ca'), '-subj', '/CN=An authority', '-days', '2', '-out', file('ca.pem'));
  await openssl(
    ...['req', '-x509', ...newKey('server'), '-subj', `/CN=${hostName}`, '-days', '2', '-out', file('server.pem')],
    ...['-CA', file('ca.pem'), '-CAkey', file('ca.key')],
    ...['-addext', `subjectAltName=DNS:${hostName}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  return {
    ca: await readFile(file('ca.pem'), 'utf8'),
    caFile: file('ca.pem'),
    certFile: file('server.pem'),
    keyFile: file('server.key'),
  };
}
