import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { repositoryRoot } from '../stack/repository.ts';

/** The document that shows each command's figures. */
export const documentOf = {
  'race-test': 'README.md',
  interleavings: 'app/lock-modes/README.md',
  'fault-test': 'app/lock-modes/README.md',
  'retry-test': 'app/lock-modes/README.md',
  'bench:overhead': 'app/lock-modes/README.md',
  'bench:modes': 'app/lock-modes/README.md',
  'bench:locks': 'load-tests/bench/locks/README.md',
  'jobs-test': 'app/jobs/README.md',
  'test:clients': 'app/redis-lock/README.md',
} as const;
export type MeasuringCommand = keyof typeof documentOf;

/** The place of a command's figures in its document: between two comments that name the command. */
export const placeOf = (command: MeasuringCommand) =>
  new RegExp(`(<!-- Written by npm run ${command} -- --readme -->\n).*?(<!-- end of ${command} -->)`, 's');

/** `--readme`: the command's figures replace those in its document. */
export function readmeOption(command: MeasuringCommand): Option {
  return new Option('--readme', `write the figures into ${documentOf[command]}`).default(false);
}

/**
 * Replaces a command's figures in its document.
 *
 * @param versions those of the servers, by name.
 * @param figures Markdown.
 * @param root the folder of the documents.
 * @throws when the document has no place for them.
 */
export async function writeFigures(
  command: MeasuringCommand,
  versions: Readonly<Record<string, string>>,
  figures: string,
  root = repositoryRoot,
): Promise<void> {
  const file = join(root, documentOf[command]);
  const text = await readFile(file, 'utf8');
  if (!placeOf(command).test(text)) throw new Error(`${file} has no place for the figures of ${command}.`);
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const measuredOn = [`${cpus().length} processors`, `Node ${process.versions.node}`, ...servers].join(', ');
  const today = new Date().toISOString().slice(0, 10);
  const written = `\nMeasured on ${today}: ${measuredOn}.\n\n${figures}\n\n`;
  await writeFile(
    file,
    text.replace(placeOf(command), (_, begin: string, end: string) => begin + written + end),
  );
}

/** @returns what a terminal shows, as Markdown. */
export const asPrinted = (text: string) => `\`\`\`\n${text.trimEnd()}\n\`\`\``;

/** @returns a Markdown table. A cell holds no `|`. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [head, head.map(() => '---'), ...rows].map(line).join('\n');
}
