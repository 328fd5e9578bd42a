import { extname, join } from 'node:path';
import { build } from 'vite';
import { type LocalServer, startLocalServer } from '../local-server.ts';
import { repositoryRoot } from '../stack/repository.ts';

const root = join(repositoryRoot, 'app/web/page/diagram/fixtures');
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/**
 * Serves the diagram by itself, of traces that are made up, under the policy that the page is under: `?of=` names a
 * situation, `&scale=time` or `order`.
 */
export async function startDiagramSite(): Promise<LocalServer> {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: { write: false, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2023' },
  });
  if (!('output' in built)) throw new Error('Vite built something else than one page.');
  const files = new Map<string, string | Uint8Array>(
    built.output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source] as const),
  );
  return startLocalServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://127.0.0.1');
    const path = pathname === '/' ? '/index.html' : pathname;
    if (path === '/favicon.ico') return res.writeHead(204).end();
    const body = files.get(path);
    if (body === undefined) return res.writeHead(404).end();
    res.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream');
    return res.setHeader('Content-Security-Policy', "default-src 'self'").end(body);
  });
}
