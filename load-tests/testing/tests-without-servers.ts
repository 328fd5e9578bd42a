import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const importOf = /(?:from|import|import\()\s*'(\.{1,2}\/[^']+\.ts)'/g;

/** Modules that use a stack of servers or start a process. */
const usesServers = /from 'node:(child_process)'|inject\('stacks'\)/;

/** @returns the test files that need neither servers nor other processes, by their direct and indirect imports. */
export function testsWithoutServers(root: string): string[] {
  const known = new Map<string, boolean>();
  const needsServers = (file: string): boolean => {
    const before = known.get(file);
    if (before !== undefined) return before;
    known.set(file, false); // imports may be circular
    const source = readFileSync(join(root, file), 'utf8');
    const imports = [...source.matchAll(importOf)].map(([, path = '']) => join(dirname(file), path));
    const needs = usesServers.test(source) || imports.some(needsServers);
    known.set(file, needs);
    return needs;
  };
  const files = ['app', 'migrations', 'load-tests'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
  );
  return files.filter((file) => file.endsWith('.test.ts') && !needsServers(file)).sort();
}
