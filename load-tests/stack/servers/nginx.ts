import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { onFreePort } from '../../../app/testing/free-port.ts';
import type { Keeper } from '../processes/keeper.ts';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { type ServerProcess, startServer } from './server-process.ts';

export interface NginxServer extends ServerProcess {
  readonly url: string;
  /** As reported by the server, such as `1.22.1`. */
  readonly version: string;
}

export interface NginxOptions {
  readonly upstreams: readonly string[];
  /** More locations of its server. */
  readonly locations?: string | undefined;
  /** Port to listen on. Default: a free one. */
  readonly port?: number | undefined;
  /** Port to listen on, if it is free. */
  readonly preferredPort?: number | undefined;
  /** Changes the configuration, for a test. */
  readonly change?: (conf: string) => string;
}

/** Starts nginx with the repository's own configuration. */
export async function startNginx(
  program: string,
  keeper: Keeper,
  { upstreams, locations = '', port, preferredPort, change = (conf) => conf }: NginxOptions,
): Promise<NginxServer> {
  const prefix = join(keeper.directory, 'nginx');
  const file = join(prefix, 'nginx.conf');
  const original = await readFile(join(repositoryRoot, 'nginx.conf'), 'utf8');
  await mkdir(prefix, { recursive: true });
  await writeFile(join(prefix, 'private-stack.conf'), locations);

  async function start(on: number): Promise<NginxServer> {
    await writeFile(file, change(rewriteAddresses(original, `127.0.0.1:${on}`, upstreams)));
    // Under root, nginx's workers run as the user `nobody`, which may not enter the scratch directory.
    const directives = ['daemon off;', 'pid nginx.pid;', ...(process.getuid?.() === 0 ? ['user root;'] : [])];
    const command = [program, '-p', prefix, '-c', file, '-g', directives.join(' ')] as const;
    const probe = async (pid: number) => {
      // It writes the file once it has its port; another process may be listening there.
      if (Number(await readFile(join(prefix, 'nginx.pid'), 'utf8')) !== pid) throw new Error('not yet');
      await reach(on);
    };
    const server = await startServer({ name: 'nginx', command: [...command], probe }, keeper);
    return Object.assign(server, { url: `http://127.0.0.1:${on}`, version: await askVersion(program) });
  }
  return port === undefined ? onFreePort(start, preferredPort) : start(port);
}

/**
 * Puts the private stack's addresses into the configuration, and changes no other line.
 *
 * @throws when there is not exactly one `listen` and one upstream `server` to rewrite.
 */
export function rewriteAddresses(conf: string, listen: string, upstreams: readonly string[]): string {
  const replaceOnce = (text: string, what: string, pattern: RegExp, replacement: (...groups: string[]) => string) => {
    const found = [...text.matchAll(pattern)].length;
    if (found !== 1) throw new Error(`nginx.conf has ${found} lines for ${what}, where one was expected`);
    return text.replace(pattern, (_line, ...groups: string[]) => replacement(...groups));
  };
  const listening = replaceOnce(conf, 'listen', /^( *)listen [^;]+;/gm, (indent) => `${indent}listen ${listen};`);
  return replaceOnce(listening, 'an upstream server', /^( *)server app:3000 resolve([^;]*);/gm, (indent, parameters) =>
    upstreams.map((address) => `${indent}server ${address}${parameters};`).join('\n'),
  );
}

/** Resolves once the port accepts a connection. */
function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}

async function askVersion(program: string): Promise<string> {
  const { output } = await runCommand([program, '-v'], { timeoutMs: 100_000 });
  return /nginx\/(\S+)/.exec(output)?.[1] ?? 'unknown';
}
