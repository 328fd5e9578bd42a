import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { asPrinted, markdownTable, writeFigures } from './figures.ts';

let root: string;
let document: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'figures-'));
  await mkdir(join(root, 'app/jobs'), { recursive: true });
  document = join(root, 'app/jobs/README.md');
});
afterEach(() => rm(root, { recursive: true }));

test('replaces the figures of its command, and nothing else', async () => {
  const place = (figures: string) =>
    `before\n\n<!-- Written by npm run jobs-test -- --readme -->\n${figures}<!-- end of jobs-test -->\n\nafter\n`;
  await writeFile(document, place('old\n'));
  for (const ticks of ['200 ticks', '$& 300 ticks']) {
    await writeFigures('jobs-test', { mysql: '9.1', redis: '8.0' }, asPrinted(ticks), root);
    const text = await readFile(document, 'utf8');
    const line = /\nMeasured on \d{4}-\d\d-\d\d: \d+ processors, Node [\d.]+, mysql 9\.1, redis 8\.0\.\n/.exec(
      text,
    )?.[0];
    expect(text).toBe(place(`${line}\n\`\`\`\n${ticks}\n\`\`\`\n\n`));
  }
});

test('throws if the document has no place for the figures', async () => {
  await writeFile(document, 'no figures here\n');
  await expect(writeFigures('jobs-test', {}, '', root)).rejects.toThrow(/README\.md has no place for .* jobs-test/);
});

test('renders a Markdown table', () => {
  expect(markdownTable(['Scenario', 'none'], [['soak', 'violated']])).toBe(
    '| Scenario | none |\n| --- | --- |\n| soak | violated |',
  );
});
