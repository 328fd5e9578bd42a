import type { LockModeName } from '../../app/lock-modes/index.ts';
import { markdownTable } from '../report/figures.ts';
import { counted, describeFindings } from '../report/findings.ts';
import { describeNotes } from '../report/notes.ts';
import { fits, type ModeTable, renderByMode } from '../report/terminal/mode-table.ts';
import { type Paint, plain } from '../report/terminal/paint.ts';
import type { Result } from '../report/terminal/result.ts';
import { lostPercent } from './evidence/lost-updates.ts';
import type { MatrixCell } from './matrix-cell.ts';
import type { FaultVerdict } from './verdict.ts';

/** The report that `--json` writes. Other programs read it: add fields, remove none. */
export interface FaultReport {
  /** True if every cell was as expected. */
  readonly asExpected: boolean;
  readonly seed: number;
  readonly cells: readonly MatrixCell[];
}

const signs = { held: '✓', violated: '✕', unavailable: '○', inconclusive: '?' } as const;

/** @returns the matrix for a terminal: in words if all modes have room, otherwise in signs. @param width in columns. */
export function renderMatrix(
  cells: readonly MatrixCell[],
  modes: readonly LockModeName[],
  paint: Paint,
  width: number,
): string {
  const tableOf = (format: (verdict: FaultVerdict) => string): ModeTable => ({
    title: 'scenario',
    modes,
    rows: matrixRows(cells, modes, format).map(([name = '', ...row]) => ({ name, cells: row })),
    align: 'left',
  });
  const inWords = tableOf((verdict) => paint(verdict, verdict));
  if (fits(inWords, width)) return renderByMode(inWords, width);
  const inSigns = renderByMode(
    tableOf((verdict) => paint(verdict, signs[verdict])),
    width,
  );
  const found = [...new Set(cells.map(({ verdict }) => verdict))];
  return `${inSigns}\n${found.map((verdict) => paint(verdict, `${signs[verdict]} ${verdict}`)).join('   ')}`;
}

/** What the last line says: the number of cells with each verdict, or the unexpected cells. */
export function resultOf(cells: readonly MatrixCell[]): Result {
  const unexpected = cells.filter((cell) => !cell.asExpected);
  const asExpected = unexpected.length === 0;
  const names = unexpected.map(({ scenario, mode, verdict }) => `${scenario} ${mode} ${verdict}`);
  const verdicts = [...new Set(cells.map(({ verdict }) => verdict))].map(
    (verdict) => `${cells.filter((cell) => cell.verdict === verdict).length} ${verdict}`,
  );
  const many = `${asExpected ? '' : `${names.length} of `}${counted(cells.length, 'cell', 'cells')}`;
  return { asExpected, what: `${(asExpected ? verdicts : names).join(', ')} (${many})` };
}

/** @returns the matrix and the measurements in Markdown. */
export function describeInMarkdown(cells: readonly MatrixCell[], modes: readonly LockModeName[]): string {
  const rows = matrixRows(cells, modes, String);
  const measured = measurementsIn(cells).map(({ title, values }) => [
    title,
    ...modes.map((mode) => values.flatMap((each) => (each.mode === mode ? [each.value] : [])).join(', ') || '–'),
  ]);
  return [
    markdownTable(['Scenario', ...modes], rows),
    ...(measured.length > 0 ? [markdownTable(['Measured', ...modes], measured)] : []),
  ].join('\n\n');
}

/**
 * @returns a row per scenario with a cell per mode. `–` does not apply or was not run; `!` marks an unexpected result; a
 *   number counts the repetitions with that verdict.
 */
function matrixRows(
  cells: readonly MatrixCell[],
  modes: readonly LockModeName[],
  format: (verdict: FaultVerdict) => string,
): string[][] {
  return [...new Set(cells.map((cell) => cell.scenario))].map((scenario) => {
    const row = modes.map((mode) => {
      const plays = cells.filter((cell) => cell.scenario === scenario && cell.mode === mode);
      const verdicts = [...new Set(plays.map(({ verdict }) => verdict))].map((verdict) => {
        const count = plays.filter((cell) => cell.verdict === verdict).length;
        return plays.length === 1 ? format(verdict) : `${format(verdict)} ${count}×`;
      });
      if (verdicts.length === 0) return '–';
      return `${verdicts.join(', ')}${plays.every(({ asExpected }) => asExpected) ? '' : ' !'}`;
    });
    return [scenario, ...row];
  });
}

/** Measurements listed after the matrix. */
const measures: readonly { readonly what: string; readonly of: (cell: MatrixCell) => string | undefined }[] = [
  {
    what: 'acknowledged updates lost',
    of: (cell) => (shareLost(cell) === '' ? undefined : `${cell.lost} of ${cell.acknowledged}${shareLost(cell)}`),
  },
  {
    what: 'third request admitted',
    of: ({ thirdGotIn }) => (thirdGotIn === undefined ? undefined : yesOrNo(thirdGotIn)),
  },
  {
    what: 'time to the next grant',
    of: ({ notes }) => (notes.nextInMs === undefined ? undefined : `${notes.nextInMs} ms`),
  },
  {
    what: 'unfinished charges',
    of: ({ notes }) => (Array.isArray(notes.unfinishedCharges) ? `${notes.unfinishedCharges.length}` : undefined),
  },
  {
    what: 'no request served for',
    // Single requests do not measure it, and only some faults of a load are to.
    of: ({ verdict, unavailableMs, load, notes }) => {
      const isMeasured = verdict === 'unavailable' || (load && notes.unavailableMs !== undefined);
      return isMeasured && unavailableMs > 0 ? `${unavailableMs} ms` : undefined;
    },
  },
];

/** @returns a line per measurement and scenario, with its values by mode. */
export function describeMeasurements(cells: readonly MatrixCell[]): string[] {
  return measurementsIn(cells).map(
    ({ title, values }) => `${title}: ${values.map(({ mode, value }) => `${mode} ${value}`).join('; ')}.`,
  );
}

interface Measurement {
  readonly title: string;
  /** In the order of the cells. */
  readonly values: readonly { readonly mode: LockModeName; readonly value: string }[];
}

function measurementsIn(cells: readonly MatrixCell[]): Measurement[] {
  return [...new Set(cells.map(({ scenario }) => scenario))].flatMap((scenario) =>
    measures.flatMap(({ what, of }) => {
      const values = cells
        .filter((cell) => cell.scenario === scenario)
        .flatMap((cell) => {
          const value = of(cell);
          return value === undefined ? [] : [{ mode: cell.mode, value }];
        });
      return values.length === 0 ? [] : [{ title: `${scenario}, ${what}`, values }];
    }),
  );
}

/** @returns a line with a cell's verdict and measurements. */
export function sentenceFor(cell: MatrixCell, paint: Paint = plain): string {
  const { scenario, mode, verdict, expected, witnesses, durationMs, untested } = cell;
  const unexpected = verdict === expected ? '' : ` (expected: ${expected})`;
  const third = cell.asExpected || verdict !== expected ? '' : ` (${describeThird(cell)})`;
  const seen = verdict === 'violated' && witnesses ? `; ${describeWitnesses(witnesses)}` : '';
  const updates =
    cell.acknowledged > 0 ? `; ${cell.lost} of ${cell.acknowledged} acknowledged updates lost${shareLost(cell)}` : '';
  const measured = notesOf(cell)
    .map((note) => `; ${note}`)
    .join('');
  const again = untested.map((reason) => `; inconclusive try: ${reason}`).join('');
  return `${scenario}, ${mode}: ${paint(verdict, verdict)}${unexpected}${third}${seen}${updates}${measured}; ${durationMs} ms${again}`;
}

/** @returns a line on an unexpected result. */
export function describeUnexpected(cell: MatrixCell): string {
  const { scenario, mode, verdict, expected, why, inconclusive } = cell;
  if (verdict === expected) {
    return `${scenario}, ${mode}: ${describeThird(cell)}.`;
  }
  const reason = inconclusive === undefined ? '' : ` (${inconclusive})`;
  return `${scenario}, ${mode}: ${verdict}${reason}, expected ${expected}, because ${why}.`;
}

const admission = (isAdmitted: boolean | undefined) => (isAdmitted ? 'admitted' : 'blocked');

export const describeThird = ({ thirdGotIn, expectedThirdGotIn }: MatrixCell) =>
  `third request ${admission(thirdGotIn)}, expected ${admission(expectedThirdGotIn)}`;

/** The percentage of lost updates in brackets, and those of the halves of the run; empty for a few single requests. */
function shareLost(cell: MatrixCell): string {
  const { load, acknowledged, lost, halves } = cell;
  if (!load || acknowledged === 0) return '';
  const each = lost > 0 && halves ? `; halves ${halves.map((half) => `${lostPercent(half)} %`).join(', ')}` : '';
  return ` (${lostPercent(cell)} %${each})`;
}

const yesOrNo = (is: boolean) => (is ? 'yes' : 'no');

function describeWitnesses({ linearizable, ...counts }: NonNullable<MatrixCell['witnesses']>): string {
  return [...describeFindings(counts), ...(linearizable === false ? ['not linearizable'] : [])].join(', ');
}

/** The measurements in words; of a list, its length. */
function notesOf({ notes }: MatrixCell): string[] {
  const counted = Object.entries(notes).map(([name, value]) => [name, Array.isArray(value) ? value.length : value]);
  return Object.entries(describeNotes(Object.fromEntries(counted))).map(([name, value]) => `${name}: ${value}`);
}
