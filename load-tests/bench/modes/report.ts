import Table from 'cli-table3';
import type { RaceReport } from '../../report/run-report.ts';
import type { Case } from './cases.ts';
import type { Cost, Round } from './costs.ts';

export interface CaseReport extends Pick<Case, 'name' | 'title'> {
  readonly costs: readonly Cost[];
  readonly rounds: readonly Round[];
}

/** The report that `--json` writes. */
export interface ModesBenchReport {
  readonly environment: RaceReport['environment'];
  readonly connections: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly cases: readonly CaseReport[];
}

const columns = ['mode', 'requests/s', '/ none', 'p99 ms', '/ none', 'not carried out'];

/** @returns a terminal table with a row per mode. */
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
