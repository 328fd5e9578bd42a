import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { variableNames } from '../../app/config.ts';
import { repositoryRoot } from '../stack/repository.ts';

const read = (file: string) => readFile(join(repositoryRoot, file), 'utf8');
/** The file's lines from the one that is `from` to the next one that matches `end`. */
function part(text: string, from: string, end: RegExp): string {
  const lines = text.split('\n');
  const begin = lines.indexOf(from);
  expect(begin, from).toBeGreaterThan(-1);
  const length = lines.slice(begin + 1).findIndex((line) => end.test(line));
  return lines.slice(begin + 1, begin + 1 + length).join('\n');
}

test('the README explains every variable that an instance reads, and no other', async () => {
  const rows = part(await read('README.md'), '## Environment', /^## /).matchAll(/^\| (`.*?) \|/gm);
  const explained = [...rows].flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));
  expect(explained.toSorted()).toEqual(variableNames.toSorted());
});

test('Compose gives an instance every variable that it reads, but for where it listens and its name', async () => {
  const app = part(await read('docker-compose.yml'), '  app:', /^ {2}\w/);
  const given = [...part(app, '    environment:', /^ {4}\w/).matchAll(/^ {6}(\w+):/gm)].map(([, name]) => name);
  expect([...given, 'HOST', 'PORT', 'INSTANCE'].toSorted()).toEqual(variableNames.toSorted());
});
