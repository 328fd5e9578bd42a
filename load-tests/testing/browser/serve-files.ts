import { extname } from 'node:path';
import { type LocalServer, startLocalServer } from '../../../app/testing/local-server.ts';

/** The answer to a path; `broken off`: the connection is closed without an answer. */
export type Served = string | Uint8Array | 'broken off';

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css' };

/**
 * Serves files from memory on a free port; a path without an extension is a page. The caller ends it.
 *
 * @param files by path, such as `/style.css`. Other paths are answered 404, except for the icon that every browser requests.
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
