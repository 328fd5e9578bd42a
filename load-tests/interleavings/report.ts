import Table from 'cli-table3';
import type { PairRun } from './interleave.ts';
import { predict } from './model.ts';
import { everyOrder, type Pair } from './pairs.ts';
import { isViolated } from './replay-result.ts';

/** The report that `--json` writes: the same for every run of the same program. */
export interface InterleavingsReport {
  /** True if every order had the expected result. */
  readonly demonstrated: boolean;
  readonly runs: readonly PairRun[];
}

/** @returns a terminal table with a row per mode and pair: in how many orders each witness found a violation. */
export function renderTable(runs: readonly PairRun[]): string {
  const head = ['mode', 'requests', 'user', 'orders', 'blocked', 'stale writes', 'ledger', 'history', 'violated', ''];
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
    table.push([mode, requests, stateOf({ starts }), orders, blocked, staleWrites, books, history, violated, remark]);
  }
  return table.toString();
}

/** @returns a line on the orders that are violated without a guard, by the model. */
export function sentenceFor(pair: Pair): string {
  const orders = everyOrder().map((order) => predict(pair, order));
  const violated = orders.filter(isViolated).map(({ order }) => order);
  const held = orders.filter((result) => !isViolated(result)).map(({ order }) => order);
  const subject = `A = ${pair.commands.A}, B = ${pair.commands.B}, ${stateOf(pair)} user`;
  if (violated.length === 0) return `${subject}: no order is violated`;
  const which = violated.length <= held.length ? violated.join(', ') : `all but ${held.join(', ')}`;
  return `${subject}: ${violated.length} of ${orders.length} orders are violated: ${which}`;
}

/** The user's initial state; `free` in the JSON means that the user has not paid. */
export const stateOf = ({ starts }: Pick<Pair, 'starts'>) => (starts === 'free' ? 'unpaid' : 'paid');
