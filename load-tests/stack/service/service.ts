import { cp, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../processes/run-command.ts';
import { repositoryRoot } from '../repository.ts';
import { lastLines } from '../servers/log.ts';
import { buildOnce } from './build-once.ts';

const buildTimeoutMs = 120_000;

/** The compiled instance, from the repository's root. It starts in less than half of the time that the sources take. */
export const serviceProgram = 'dist/app/main.js';

/** What lies in `app` and is no part of the service. The page is built by itself. */
const otherThings = ['Dockerfile', 'testing', 'web'];

/**
 * Compiles the service as its image does, where that is missing or older than its sources: see {@link buildOnce}. Types
 * are not checked, which `npm test` does.
 *
 * @param say called with what is done.
 * @throws when it cannot be compiled, with the end of what the compiler has said.
 */
export async function buildService(say: (message: string) => void, root = repositoryRoot): Promise<void> {
  const dist = join(root, 'dist');
  const mark = join(dist, 'compiled');
  await buildOnce({
    sources: await sourcesIn(root),
    mark,
    ownPath: join(dist, 'own-'),
    begins: () => say('compiling the service'),
    async build(own) {
      await compile(root, join(own, 'out'));
      await writeFile(join(own, 'compiled'), '');
    },
    async moveOver(own) {
      await moveOver(join(own, 'out'), dist);
      await linkPage(dist);
      await rename(join(own, 'compiled'), mark);
    },
  });
}

async function sourcesIn(root: string): Promise<string[]> {
  const own = (await readdir(join(root, 'app'))).filter(
    (name) => !otherThings.includes(name) && !name.endsWith('.test.ts'),
  );
  const paths = [...own.map((name) => join('app', name)), 'app/web/routes.ts', 'migrations'];
  return [...paths, 'tsconfig.json', 'package-lock.json'].map((path) => join(root, path));
}

async function compile(root: string, outDir: string): Promise<void> {
  const compiler = [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '--noCheck'];
  const project = ['--project', join(root, 'app/tsconfig.build.json'), '--outDir', outDir];
  const { succeeded, output } = await runCommand([...compiler, ...project], { timeoutMs: buildTimeoutMs });
  if (!succeeded)
    throw new Error(`The service could not be compiled. The compiler's last lines:\n${lastLines(output)}`);
  // The compiler leaves behind what the sources read beside themselves.
  for (const file of await readdir(join(root, 'app'), { recursive: true })) {
    if (file.endsWith('.lua')) await cp(join(root, 'app', file), join(outDir, 'app', file));
  }
}

async function moveOver(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const target = join(to, file.slice(from.length));
    await mkdir(dirname(target), { recursive: true });
    await rename(file, target);
  }
}

/** The page is built on its own, and may be built anew while instances run. */
async function linkPage(dist: string): Promise<void> {
  await mkdir(join(dist, 'app/web'), { recursive: true });
  await symlink('../../../app/web/dist', join(dist, 'app/web/dist')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
