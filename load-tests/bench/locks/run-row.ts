import { joinRounds, rotate } from './rounds.ts';
import type { Bench, Claim, Column, Figures, Row } from './row.ts';

/** What one row came to. */
export interface RowReport {
  readonly row: string;
  readonly title: string;
  readonly results: readonly { contender: string; figures: Figures; rounds: readonly Figures[] }[];
  readonly claims: readonly Claim[];
}

/** Measures one row: every contender once in every round. */
export async function runRow(row: Row, bench: Bench, rounds: number): Promise<RowReport> {
  bench.say(`${row.name}: ${row.title}`);
  await using prepared = await row.prepare(bench);
  const measured = new Map(row.contenders.map((contender) => [contender, [] as Figures[]]));
  const [first] = row.columns;
  for (let round = 0; round < rounds; round++) {
    const figures = await prepared.measure(rotate(row.contenders, round), round);
    for (const [contender, each] of measured) each.push(figures.get(contender) ?? {});
    if (first) bench.say(`  round ${round + 1}, ${first.head}: ${headline(figures, first)}`);
  }
  const results = [...measured].map(([contender, each]) => ({
    contender,
    figures: joinRounds(each, row.columns),
    rounds: each,
  }));
  const of = (contender: string) => results.find((result) => result.contender === contender)?.figures;
  return { row: row.name, title: row.title, results, claims: row.judge(of) };
}

const headline = (figures: ReadonlyMap<string, Figures>, { key, digits }: Column) =>
  [...figures].map(([contender, each]) => `${contender} ${(each[key] ?? Number.NaN).toFixed(digits)}`).join(', ');
