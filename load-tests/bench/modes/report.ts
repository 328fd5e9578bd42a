import Table from 'cli-table3';
import type { RaceReport } from '../../report/run-report.ts';
import type { Case } from './cases.ts';
import type { Cost, Round } from './costs.ts';

/** What one case came to. */
export interface CaseReport extends Pick<Case, 'name' | 'title'> {
  readonly costs: readonly Cost[];
  readonly rounds: readonly Round[];
}

/** The whole run, as `--json` writes it. */
export interface ModesBenchReport {
  readonly environment: RaceReport['environment'];
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly cases: readonly CaseReport[];
}

const columns = ['mode', 'requests/s', 'beside none', 'p99 ms', 'beside none', 'not carried out'];

/** One row a mode, for a terminal. */
export function renderCosts({ title, costs }: Pick<CaseReport, 'title' | 'costs'>): string {
  const table = new Table({
    head: columns,
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    colAligns: columns.map((name) => (name === 'mode' ? 'left' : 'right')),
  });
  for (const { mode, perSecond, p99Ms, notCarriedOut, besideNone } of costs) {
    table.push([
      mode,
      perSecond.toFixed(0),
      besideNone.perSecond.toFixed(2),
      p99Ms.toFixed(1),
      besideNone.p99Ms.toFixed(2),
      `${(100 * notCarriedOut).toFixed(1)} %`,
    ]);
  }
  return `${title}:\n${table.toString()}`;
}
