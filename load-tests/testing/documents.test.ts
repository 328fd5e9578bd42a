import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { readConfig, variableNames } from '../../app/config.ts';
import { buildInstance } from '../../app/instance.ts';
import { lockModeNames } from '../../app/lock-modes/registry.ts';
import { createLog } from '../../app/log.ts';
import { documentOf, type MeasuringCommand, placeOf } from '../report/figures.ts';
import { repositoryRoot } from '../stack/repository.ts';

const read = (file: string) => readFileSync(join(repositoryRoot, file), 'utf8');

/** The file's lines from the one that is `from` to the next one that matches `end`, or to the file's end. */
function part(text: string, from: string, end: RegExp): string {
  const lines = text.split('\n');
  const begin = lines.indexOf(from);
  expect(begin, from).toBeGreaterThan(-1);
  const rest = lines.slice(begin + 1);
  const length = rest.findIndex((line) => end.test(line));
  return rest.slice(0, length === -1 ? rest.length : length).join('\n');
}

const skipped = new Set(['node_modules', 'dist', 'reports', '.git']);
function documentsIn(folder: string): string[] {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : documentsIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
const documents = documentsIn('.').sort();

test('finds the documents', () => {
  expect(documents).toEqual(expect.arrayContaining(['CHANGELOG.md', 'CONTRIBUTING.md', 'README.md', 'app/README.md']));
});

test('app/README.md explains every variable that an instance reads, and no other', () => {
  const rows = part(read('app/README.md'), '## Environment', /^## /).matchAll(/^\| (`.*?) \|/gm);
  const explained = [...rows].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(explained.toSorted()).toEqual(variableNames.toSorted());
});

test('Compose gives an instance every variable that it reads, but for where it listens and its name', () => {
  const app = part(read('docker-compose.yml'), '  app:', /^ {2}\w/);
  const given = [...part(app, '    environment:', /^ {4}\w/).matchAll(/^ {6}(\w+):/gm)].map(([, name]) => name);
  expect([...given, 'HOST', 'PORT', 'INSTANCE'].toSorted()).toEqual(variableNames.toSorted());
});

test.each([
  ['README.md', '## Lock modes'],
  ['app/lock-modes/README.md', '## What each mode keeps'],
])('%s lists the lock modes under "%s"', (file, heading) => {
  const rows = part(read(file), heading, /^## /).matchAll(/^\| `([a-z]+)` \|/gm);
  expect([...rows].map(([, mode]) => mode)).toEqual([...lockModeNames]);
});

test('app/README.md names every mode that LOCK_MODE can be', () => {
  const [, row = ''] = /^\| `LOCK_MODE` \| (.*?) \|/m.exec(read('app/README.md')) ?? [];
  expect([...row.matchAll(/`(\w+)`/g)].map(([, mode]) => mode)).toEqual([...lockModeNames]);
});

/** What an instance answers, such as `GET /users/:id`. */
let calls: string[];

beforeAll(async () => {
  calls = await answeredCalls();
});

test('app/README.md lists every call that an instance answers, and no other', () => {
  const rows = part(read('app/README.md'), '## HTTP', /^### /).matchAll(/^\| (`.*?) \|/gm);
  const listed = [...rows].flatMap(([, call = '']) => [...call.matchAll(/`((?:GET|POST) .+?)`/g)].map(([, is]) => is));
  expect(listed.toSorted()).toEqual(calls.toSorted());
});

test.each(documents)('%s names no call that an instance does not answer', (file) => {
  const named = [...read(file).matchAll(/\b(?:GET|POST) \/[^\s`?,;]*/g)].map(([call]) => call);
  const known = calls.map((call) => new RegExp(`^${call.replaceAll(/:\w+/g, '[^/]+')}$`));
  expect(named.filter((call) => !known.some((pattern) => pattern.test(call)))).toEqual([]);
});

/** What Express keeps of a route or a router. */
interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle: { readonly stack?: readonly Layer[] };
}

/** Reads the routes of an instance with its lab on. It has no servers, and is sent no request. */
async function answeredCalls(): Promise<string[]> {
  const nowhere = { MYSQL_URL: 'mysql://nobody@127.0.0.1:1/nothing', REDIS_URL: 'redis://127.0.0.1:1' };
  const log = createLog({ instance: 'test', level: 'silent' });
  const { app, redis, db, lab } = buildInstance({ config: readConfig({ ...nowhere, LAB: 'on' }), log });
  try {
    return callsOf(app.router as unknown as Layer['handle']);
  } finally {
    await lab?.close();
    for (const connection of redis) connection.disconnect();
    await db.destroy();
  }
}

const callsOf = ({ stack = [] }: Layer['handle']): string[] =>
  stack.flatMap(({ route, handle }) => {
    if (!route) return callsOf(handle);
    const methods = ['get', 'post', 'put', 'patch', 'delete'].filter((method) => route.methods[method]);
    return methods.map((method) => `${method.toUpperCase()} ${route.path}`);
  });

const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
/** The npm commands in a text, by their scripts' names. */
const namedIn = (text: string) =>
  [...text.matchAll(/npm (?:run ([\w:-]+)|(test|start)\b)/g)].map(([, run, short]) => run ?? short);

test('README.md lists every npm command', () => {
  const listed = part(read('README.md'), '## Commands', /^## /).matchAll(/^\| `(.+?)` \|/gm);
  expect([...listed].flatMap(([, command = '']) => namedIn(command)).toSorted()).toEqual(
    Object.keys(scripts).toSorted(),
  );
});

test.each(documents)('%s names no npm command that does not exist', (file) => {
  expect(namedIn(read(file)).filter((name) => scripts[name ?? ''] === undefined)).toEqual([]);
});

test.each(Object.entries(documentOf))('npm run %s -- --readme finds its place in %s', (command, file) => {
  const places = [...read(file).matchAll(new RegExp(placeOf(command as MeasuringCommand), 'gs'))];
  expect(places).toHaveLength(1);
});

test.each(documents)('%s shows no table of figures that no command has written', (file) => {
  const handwritten = Object.keys(documentOf).reduce(
    (text, command) => text.replaceAll(new RegExp(placeOf(command as MeasuringCommand), 'gs'), ''),
    read(file),
  );
  expect(handwritten).not.toContain('┌');
});

test.each(documents)('%s has no broken link', (file) => {
  const targets = [...withoutCode(read(file)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  expect(targets.filter((target) => !/^https?:/.test(target) && isBroken(file, target))).toEqual([]);
});

function isBroken(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : join(dirname(from), path);
  if (!existsSync(join(repositoryRoot, file))) return true;
  return anchor !== undefined && !anchorsIn(read(file)).has(anchor);
}

/** @returns the anchors that GitHub gives a document's headings. */
function anchorsIn(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(text).matchAll(/^#+ (.+)$/gm)) {
    const plain = heading.replaceAll(/\[(.*?)\]\(.*?\)/g, '$1').toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

const withoutCode = (text: string) => text.replaceAll(/^```.*?^```$/gms, '');

test.each(documents)('%s names no file that does not exist', (file) => {
  const named = [...read(file).matchAll(/\b(?:app|load-tests|migrations)\/[\w./-]*\w(?=[^\w*{<…]|$)/g)].map(
    ([path]) => path,
  );
  expect(named.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
});

/** The tables of folders: their headings name the folder that they are about, if it is not the document's own. */
const folderTable = /^\| Folder(?: of `(.+?)`)? \|.*\n\|.*\n((?:\|.*\n)+)/gm;

test.each(documents)('%s lists no folder that does not exist', (file) => {
  const named = [...read(file).matchAll(folderTable)].flatMap(([, of = '', rows = '']) =>
    rows.split('\n').flatMap((row) => {
      const [, first = '', ...others] = row.split('|');
      const folders = namesIn(first).map((name) => join(dirname(file), of, name));
      const inside = folders.length === 1 ? namesIn(others.join()).map((name) => join(folders[0] ?? '', name)) : [];
      return [...folders, ...inside];
    }),
  );
  expect(named.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
});

/** @returns the files and folders in a cell. */
const namesIn = (cell: string) => [...cell.matchAll(/`([\w./-]+(?:\/|\.tsx?))`/g)].map(([, name = '']) => name);
