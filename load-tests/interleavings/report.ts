import { markdownTable } from '../report/figures.ts';
import { describeFindings } from '../report/findings.ts';
import { renderByMode } from '../report/terminal/mode-table.ts';
import type { Paint } from '../report/terminal/paint.ts';
import { countsByMode, type Result } from '../report/terminal/result.ts';
import type { PairRun } from './interleave.ts';
import { predict } from './model.ts';
import { everyOrder, type Pair } from './pairs.ts';
import { isViolated, type ReplayResult } from './replay-result.ts';

/** The report that `--json` writes: the same for every run of the same program. */
export interface InterleavingsReport {
  /** True if every order had the expected result. */
  readonly demonstrated: boolean;
  readonly runs: readonly PairRun[];
}

/** The counts of a pair of requests, in the order of the rows. */
const counts: readonly { readonly name: string; readonly of: (run: PairRun) => number; readonly isFinding?: true }[] = [
  { name: 'orders', of: ({ orders }) => orders },
  { name: 'blocked', of: ({ blocked }) => blocked },
  { name: 'stale writes', of: ({ witnesses }) => witnesses.staleWrites, isFinding: true },
  { name: 'ledger', of: ({ witnesses }) => witnesses.books, isFinding: true },
  { name: 'history', of: ({ witnesses }) => witnesses.history, isFinding: true },
  { name: 'violated', of: ({ violated }) => violated, isFinding: true },
];

/**
 * @returns a terminal table with a column per mode: of each pair's orders, how many were blocked, in how many each witness
 *   found a violation, and whether all came out as expected. @param width in columns.
 */
export function renderTable(runs: readonly PairRun[], paint: Paint, width: number): string {
  const { modes, pairs } = byPair(runs);
  const rows = pairs.flatMap(({ title, ofPair }) => {
    const row = (name: string, cell: (run: PairRun) => string) => ({
      name,
      cells: ofPair.map((run) => (run ? cell(run) : '–')),
    });
    return [
      row(title, () => ''),
      ...counts.map(({ name, of, isFinding }) =>
        row(`  ${name}`, (run) => (isFinding && of(run) > 0 ? paint('violated', `${of(run)}`) : `${of(run)}`)),
      ),
      row('  as expected', ({ unexpected }) =>
        unexpected.length === 0 ? paint('held', 'yes') : paint('violated', `${unexpected.length} not`),
      ),
    ];
  });
  return renderByMode({ modes, rows, align: 'right' }, width);
}

/** @returns a Markdown table with a column per mode: how many of each pair's orders were violated, and how many cannot happen. */
export function describeInMarkdown(runs: readonly PairRun[]): string {
  const { modes, pairs } = byPair(runs);
  const cell = (run: PairRun | undefined) => {
    if (!run) return '–';
    const { violated, orders, blocked, unexpected } = run;
    return `${violated} of ${orders}${blocked > 0 ? `, ${blocked} blocked` : ''}${unexpected.length > 0 ? ' !' : ''}`;
  };
  return markdownTable(
    ['Violated orders', ...modes],
    pairs.map(({ title, ofPair }) => [`${title} user`, ...ofPair.map(cell)]),
  );
}

/** The runs of each pair, one for each mode. */
function byPair(runs: readonly PairRun[]) {
  const modes = [...new Set(runs.map(({ mode }) => mode))];
  const titleOf = (run: PairRun) => `${run.requests}, ${stateOf(run)}`;
  const pairs = [...new Set(runs.map(titleOf))].map((title) => ({
    title,
    ofPair: modes.map((mode) => runs.find((run) => run.mode === mode && titleOf(run) === title)),
  }));
  return { modes, pairs };
}

/** @returns an order's result in a line. */
export function describeReplay({ order, executed, blocked, answers, linearizable, ...found }: ReplayResult): string {
  const { staleWrites, wrong } = found;
  const findings = [
    ...describeFindings({ staleWrites, ...(wrong && { [wrong]: 1 }) }),
    ...(linearizable ? [] : ['not linearizable']),
  ];
  return `${order}${blocked ? ', blocked' : ''}: ${executed.join(', ')}; A is answered ${answers.A}, B ${answers.B}; ${findings.join(', ') || 'nothing is wrong'}`;
}

/** What the last line says. */
export function resultOf(runs: readonly PairRun[]): Result {
  const unexpected = runs.flatMap((run) => run.unexpected.map((order) => `${run.mode}, ${run.requests}, ${order}`));
  if (unexpected.length > 0) return { asExpected: false, what: unexpected.join('; ') };
  const modes = [...new Set(runs.map(({ mode }) => mode))];
  const violated = modes.map((each) => {
    const count = runs.filter(({ mode }) => mode === each).reduce((sum, run) => sum + run.violated, 0);
    return [each, count] as const;
  });
  const orders = runs.filter(({ mode }) => mode === modes[0]).reduce((sum, run) => sum + run.orders, 0);
  return { asExpected: true, what: countsByMode(violated, (count) => `${count} of ${orders} orders violated`) };
}

/** @returns a line on the orders that are violated without a guard, by the model. */
export function sentenceFor(pair: Pair): string {
  const orders = everyOrder.map((order) => predict(pair, order));
  const violated = orders.filter(isViolated).map(({ order }) => order);
  const held = orders.filter((result) => !isViolated(result)).map(({ order }) => order);
  const subject = `A = ${pair.commands.A}, B = ${pair.commands.B}, ${stateOf(pair)} user`;
  if (violated.length === 0) return `${subject}: no order is violated`;
  const which = violated.length <= held.length ? violated.join(', ') : `all but ${held.join(', ')}`;
  return `${subject}: ${violated.length} of ${orders.length} orders are violated: ${which}`;
}

/** The user's initial state; `free` in the JSON means that the user has not paid. */
export const stateOf = ({ starts }: Pick<Pair, 'starts'>) => (starts === 'free' ? 'unpaid' : 'paid');
