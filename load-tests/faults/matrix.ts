import Table from 'cli-table3';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { Cell } from './cell.ts';
import type { FaultVerdict } from './scenario.ts';

/** The whole run, as `--json` writes it. */
export interface FaultReport {
  /** Whether every cell came out as expected. */
  readonly asExpected: boolean;
  readonly seed: number;
  readonly cells: readonly Cell[];
}

/** One row a scenario, one column a mode, for a terminal. `–`: does not apply. A `!` marks what was not expected. */
export function renderMatrix(
  cells: readonly Cell[],
  modes: readonly LockModeName[],
  paint: (verdict: FaultVerdict) => string,
): string {
  const table = new Table({
    head: ['scenario', ...modes],
    style: { head: [], border: [] },
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
  });
  for (const scenario of new Set(cells.map((cell) => cell.scenario))) {
    const row = modes.map((mode) => {
      const cell = cells.find((candidate) => candidate.scenario === scenario && candidate.mode === mode);
      if (!cell) return '–';
      return `${paint(cell.verdict)}${cell.verdict === cell.expected ? '' : ' !'}`;
    });
    table.push([scenario, ...row]);
  }
  return table.toString();
}

/** One line on a cell: what came out, and what was measured on the way. */
export function sentenceFor(cell: Cell): string {
  const { scenario, mode, verdict, expected, witnesses, notes, durationMs, untested } = cell;
  const surprise = verdict === expected ? '' : ` (expected: ${expected})`;
  const seen = verdict === 'violated' && witnesses ? `; ${tellWitnesses(witnesses)}` : '';
  const measured = Object.keys(notes).length === 0 ? '' : `; ${JSON.stringify(notes)}`;
  const again = untested.map((reason) => `; a try was inconclusive, as ${reason}`).join('');
  return `${scenario}, ${mode}: ${verdict}${surprise}${seen}${measured}; ${durationMs} ms${again}`;
}

function tellWitnesses({ linearizable, ...counts }: NonNullable<Cell['witnesses']>): string {
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  const told = seen.map(([name, count]) => `${name} ${count}`);
  return [...told, ...(linearizable === false ? ['not linearizable'] : [])].join(', ');
}
