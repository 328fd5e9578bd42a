import type { JSX } from 'preact';
import type { LockModeName } from '../../../../app/lock-modes/index.ts';
import { describeThird } from '../../../faults/matrix.ts';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { Scrolling } from '../frame.tsx';
import { VerdictMark } from '../verdict-mark.tsx';

/** The anchor of a cell's timeline on the page. */
export const anchorOf = ({ scenario, mode, play }: Pick<MatrixCell, 'scenario' | 'mode' | 'play'>) =>
  `${scenario}--${mode}${play > 1 ? `--${play}` : ''}`;

export interface MatrixProps {
  readonly cells: readonly MatrixCell[];
  readonly modes: readonly LockModeName[];
}

/** One row per scenario, one column per mode; each verdict links to its timeline. */
export function Matrix({ cells, modes }: MatrixProps): JSX.Element {
  return (
    <Scrolling label="The matrix">
      <table class="matrix">
        <thead>
          <tr>
            <th scope="col">scenario</th>
            {modes.map((mode) => (
              <th key={mode} scope="col">
                {mode}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...new Set(cells.map(({ scenario }) => scenario))].map((scenario) => (
            <tr key={scenario}>
              <th scope="row">
                <a href={`#${scenario}`}>{scenario}</a>
              </th>
              {modes.map((mode) => (
                <Plays key={mode} of={cells.filter((cell) => cell.scenario === scenario && cell.mode === mode)} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}

/** The repetitions of a cell. */
function Plays({ of: plays }: { readonly of: readonly MatrixCell[] }): JSX.Element {
  const [first] = plays;
  if (!first) {
    return (
      <td class="none">
        –<span class="unseen"> does not apply, or was not run</span>
      </td>
    );
  }
  const isExpected = plays.every(({ asExpected }) => asExpected);
  const isAlike = plays.every(({ verdict }) => verdict === first.verdict);
  return (
    <td class={`${isAlike ? first.verdict : 'inconclusive'} ${isExpected ? '' : 'surprise'}`}>
      {plays.map((cell) => (
        <a key={cell.play} href={`#${anchorOf(cell)}`}>
          <VerdictMark {...cell} />
          <Unexpected {...cell} />
          <span class="unseen">
            {cell.asExpected && ', as expected'}: timeline of {cell.scenario} in {cell.mode}
            {cell.play > 1 && `, repetition ${cell.play}`}
          </span>
        </a>
      ))}
    </td>
  );
}

/** What is not as expected, beside the verdict. */
function Unexpected(cell: MatrixCell): JSX.Element | false {
  return !cell.asExpected && cell.verdict === cell.expected && <span class="unexpected">({describeThird(cell)})</span>;
}
