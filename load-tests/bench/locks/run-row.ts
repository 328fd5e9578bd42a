import { largest, median, sum } from '../statistics.ts';
import { type Bench, type Claim, type Column, type Figures, figure, type Row } from './rows/row.ts';
import { rotate } from './worker/alternate.ts';

/** The result of one row, as `--json` writes it. */
export interface RowReport {
  readonly row: string;
  readonly title: string;
  readonly results: readonly { contender: string; figures: Figures; rounds: readonly Figures[] }[];
  readonly claims: readonly Claim[];
}

/** Measures every library of a row once per round. */
export async function runRow(row: Row, bench: Bench, rounds: number): Promise<RowReport> {
  bench.log(`${row.name}: ${row.title}`);
  await using prepared = await row.prepare(bench);
  const measured = new Map(row.libraries.map((library) => [library, [] as Figures[]]));
  const [first] = row.columns;
  for (let round = 0; round < rounds; round++) {
    const figures = await prepared.measure(rotate(row.libraries, round), round);
    for (const [library, each] of measured) each.push(figures.get(library) ?? {});
    if (first) bench.log(`  round ${round + 1}, ${first.head}: ${headline(figures, first)}`);
  }
  const results = [...measured].map(([library, each]) => ({
    contender: library,
    figures: aggregateRounds(each, row.columns),
    rounds: each,
  }));
  const of = (library: string) => results.find(({ contender }) => contender === library)?.figures;
  return { row: row.name, title: row.title, results, claims: row.judge(of) };
}

const headline = (figures: ReadonlyMap<string, Figures>, { key, digits }: Column) =>
  [...figures].map(([library, each]) => `${library} ${(each[key] ?? Number.NaN).toFixed(digits)}`).join(', ');

const aggregates = { median, max: largest, sum } as const;

export function aggregateRounds(rounds: readonly Figures[], columns: readonly Column[]): Figures {
  return Object.fromEntries(
    columns.map(({ key, rounds: how }) => [key, aggregates[how](rounds.map((figures) => figure(figures, key)))]),
  );
}
