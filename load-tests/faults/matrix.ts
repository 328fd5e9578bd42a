import Table from 'cli-table3';
import type { LockModeName } from '../../app/lock-modes/index.ts';
import type { Cell } from './cell.ts';
import { lostPercent } from './evidence/lost-updates.ts';
import type { FaultVerdict } from './verdict.ts';

/** The whole run, as `--json` writes it. */
export interface FaultReport {
  /** Whether every cell came out as expected. */
  readonly asExpected: boolean;
  readonly seed: number;
  readonly cells: readonly Cell[];
}

/**
 * One row a scenario, one column a mode, for a terminal. `–`: does not apply, or was not run. A `!` marks what was not
 * expected; a number, how often a cell that was played several times came out so.
 */
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
      const plays = cells.filter((cell) => cell.scenario === scenario && cell.mode === mode);
      const verdicts = [...new Set(plays.map(({ verdict }) => verdict))].map((verdict) => {
        const count = plays.filter((cell) => cell.verdict === verdict).length;
        return plays.length === 1 ? paint(verdict) : `${paint(verdict)} ${count}×`;
      });
      if (verdicts.length === 0) return '–';
      return `${verdicts.join(', ')}${plays.every(({ asExpected }) => asExpected) ? '' : ' !'}`;
    });
    table.push([scenario, ...row]);
  }
  return table.toString();
}

/** What is told of a scenario's cells beside the verdicts, where it was measured. */
const measures: readonly { readonly what: string; readonly of: (cell: Cell) => string | undefined }[] = [
  {
    what: 'acknowledged updates lost',
    of: (cell) => (shareLost(cell) === '' ? undefined : `${cell.lost} of ${cell.acknowledged}${shareLost(cell)}`),
  },
  {
    what: 'a third request got in',
    of: ({ thirdGotIn }) => (thirdGotIn === undefined ? undefined : yesOrNo(thirdGotIn)),
  },
  {
    what: 'until the next one got in',
    of: ({ notes }) => (notes.nextInMs === undefined ? undefined : `${notes.nextInMs} ms`),
  },
  {
    what: 'charges that nobody finished',
    of: ({ notes }) => (Array.isArray(notes.unfinishedCharges) ? `${notes.unfinishedCharges.length}` : undefined),
  },
  {
    what: 'nobody was served for',
    of: ({ verdict, unavailableMs }) => (verdict === 'unavailable' ? `${unavailableMs} ms` : undefined),
  },
];

/** @returns a line for each thing that was measured in a scenario: what, and what it was in each mode. */
export function tellMeasured(cells: readonly Cell[]): string[] {
  return [...new Set(cells.map(({ scenario }) => scenario))].flatMap((scenario) =>
    measures.flatMap(({ what, of }) => {
      const told = cells
        .filter((cell) => cell.scenario === scenario)
        .flatMap((cell) => {
          const value = of(cell);
          return value === undefined ? [] : `${cell.mode} ${value}`;
        });
      return told.length === 0 ? [] : [`${scenario}, ${what}: ${told.join('; ')}.`];
    }),
  );
}

/** One line on a cell: what came out, and what was measured on the way. */
export function sentenceFor(cell: Cell): string {
  const { scenario, mode, verdict, expected, witnesses, notes, durationMs, untested } = cell;
  const surprise = verdict === expected ? '' : ` (expected: ${expected})`;
  const third = cell.asExpected || verdict !== expected ? '' : ` (${tellThird(cell)})`;
  const seen = verdict === 'violated' && witnesses ? `; ${tellWitnesses(witnesses)}` : '';
  const updates =
    cell.acknowledged > 0 ? `; ${cell.lost} of ${cell.acknowledged} acknowledged updates lost${shareLost(cell)}` : '';
  const measured = Object.keys(notes).length === 0 ? '' : `; ${JSON.stringify(notes)}`;
  const again = untested.map((reason) => `; a try was inconclusive, as ${reason}`).join('');
  return `${scenario}, ${mode}: ${verdict}${surprise}${third}${seen}${updates}${measured}; ${durationMs} ms${again}`;
}

/** One line on a cell that did not come out as it was to. */
export function tellSurprise(cell: Cell): string {
  const { scenario, mode, verdict, expected, why, inconclusive } = cell;
  if (verdict === expected) {
    return `${scenario}, ${mode}: ${tellThird(cell)}.`;
  }
  const reason = inconclusive === undefined ? '' : `, as ${inconclusive}`;
  return `${scenario}, ${mode}: ${verdict}${reason}, where ${expected} was expected: ${why}.`;
}

/** Whether a third request got in, in words, where it was to be told. */
export const tellThird = ({ thirdGotIn, expectedThirdGotIn }: Cell) =>
  `a third request ${thirdGotIn ? 'got in' : 'was kept out'}, where it was to be ${expectedThirdGotIn ? 'let in' : 'kept out'}`;

/** Which share of the acknowledged updates was lost, in brackets: of those of a load. A few single requests have no share. */
const shareLost = (cell: Cell) => (cell.load && cell.acknowledged > 0 ? ` (${lostPercent(cell)} %)` : '');

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');

function tellWitnesses({ linearizable, ...counts }: NonNullable<Cell['witnesses']>): string {
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  const told = seen.map(([name, count]) => `${name} ${count}`);
  return [...told, ...(linearizable === false ? ['not linearizable'] : [])].join(', ');
}
