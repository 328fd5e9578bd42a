import Table from 'cli-table3';
import type { PairRun } from './interleave.ts';
import { predict } from './model.ts';
import { everyOrder, type Pair } from './pairs.ts';
import { isViolated } from './replayed.ts';

/** The whole run, as `--json` writes it: the same again for every run of the same program. */
export interface InterleavingsReport {
  /** Whether every order came out as expected. */
  readonly demonstrated: boolean;
  readonly runs: readonly PairRun[];
}

/** One row a pair in a mode, for a terminal: in how many of the orders each of the witnesses saw a violation. */
export function renderTable(runs: readonly PairRun[]): string {
  const head = ['mode', 'requests', 'user', 'orders', 'blocked', 'stale writes', 'books', 'history', 'violated', ''];
  const table = new Table({
    head,
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: head.map((name) => (['mode', 'requests', 'user', ''].includes(name) ? 'left' : 'right')),
  });
  for (const { mode, requests, starts, orders, blocked, witnesses, violated, expected, unexpected } of runs) {
    const { staleWrites, books, history } = witnesses;
    const outcome = expected === 'held' ? 'held' : 'as predicted';
    const remark = unexpected.length === 0 ? outcome : `${unexpected.length} not ${outcome}`;
    table.push([mode, requests, starts, orders, blocked, staleWrites, books, history, violated, remark]);
  }
  return table.toString();
}

/** One line on what goes wrong for a pair that nothing guards, by the model. */
export function sentenceFor(pair: Pair): string {
  const orders = everyOrder().map((order) => predict(pair, order));
  const wrong = orders.filter(isViolated).map(({ order }) => order);
  const right = orders.filter((order) => !isViolated(order)).map(({ order }) => order);
  const who = `A = ${pair.commands.A}, B = ${pair.commands.B}, the user ${pair.starts}`;
  if (wrong.length === 0) return `${who}: no order goes wrong`;
  const which = wrong.length <= right.length ? wrong.join(', ') : `all but ${right.join(', ')}`;
  return `${who}: ${wrong.length} of ${orders.length} orders go wrong, ${which}`;
}
