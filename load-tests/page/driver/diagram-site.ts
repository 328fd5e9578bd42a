import { join } from 'node:path';
import { build } from 'vite';
import type { LocalServer } from '../../../app/testing/local-server.ts';
import { repositoryRoot } from '../../stack/repository.ts';
import { serveFiles } from '../../testing/browser/serve-files.ts';

const root = join(repositoryRoot, 'app/web/page/diagram/fixtures');

/** The diagram alone, with traces from fixtures, under the page's content security policy. */
export interface DiagramSite extends LocalServer {
  /** @returns the address of the diagram of a situation, one of the fixtures by name, and of another one beside it. */
  at(situation: string, scale?: 'order' | 'time', beside?: string): string;
}

export async function startDiagramSite(): Promise<DiagramSite> {
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
  const server = await serveFiles(files, "default-src 'self'; img-src 'self' blob:");
  return Object.assign(server, {
    at: (situation: string, scale = 'order', beside = '') =>
      `${server.url}/?of=${situation}&scale=${scale}&beside=${beside}`,
  });
}
