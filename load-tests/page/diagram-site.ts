import { join } from 'node:path';
import { build } from 'vite';
import { repositoryRoot } from '../stack/repository.ts';
import type { LocalServer } from '../stack/servers/local-server.ts';
import { serveFiles } from '../testing/browser/serve-files.ts';

const root = join(repositoryRoot, 'app/web/page/diagram/fixtures');

/**
 * Serves the diagram alone, with traces from fixtures, under the page's content security policy. In its address, `?of=`
 * names a situation, and `&scale=` is `time` or `order`.
 */
export async function startDiagramSite(): Promise<LocalServer> {
  const built = await build({
    configFile: false,
    root,
    logLevel: 'error',
    build: { write: false, assetsInlineLimit: 0, modulePreload: { polyfill: false }, target: 'es2023' },
  });
  if (!('output' in built)) throw new Error('Vite did not build exactly one page.');
  const files = new Map(
    built.output.map((file) => {
      const path = file.fileName === 'index.html' ? '/' : `/${file.fileName}`;
      return [path, file.type === 'chunk' ? file.code : file.source] as const;
    }),
  );
  return serveFiles(files, "default-src 'self'");
}
