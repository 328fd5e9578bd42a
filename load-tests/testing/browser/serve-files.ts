import { extname } from 'node:path';
import { type LocalServer, startLocalServer } from '../../stack/servers/local-server.ts';

/** What a path is answered with; `broken off`: the connection ends without an answer. */
export type Served = string | Uint8Array | 'broken off';

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };

/**
 * Serves files from memory on a port of its own; a path without an extension is a page. The caller ends it.
 *
 * @param files by their paths, such as `/style.css`. All else is answered 404, but for the icon that every browser asks for.
 * @param policy their Content-Security-Policy.
 */
export function serveFiles(files: ReadonlyMap<string, Served>, policy: string): Promise<LocalServer> {
  return startLocalServer((req, res) => {
    const { pathname } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (pathname === '/favicon.ico') return res.writeHead(204).end();
    const body = files.get(pathname);
    if (body === 'broken off') return res.destroy();
    if (body === undefined) return res.writeHead(404).end();
    res.setHeader('Content-Type', types[extname(pathname)] ?? 'text/html');
    return res.setHeader('Content-Security-Policy', policy).end(body);
  });
}
