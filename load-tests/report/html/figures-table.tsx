import type { JSX } from 'preact';
import type { RunReport } from '../run-report.ts';
import { columns } from '../table.ts';
import { Scrolling } from './frame.tsx';
import { VerdictMark } from './verdict-mark.tsx';

/** All figures, in the columns of the terminal's table. */
export function FiguresTable({ runs }: { readonly runs: readonly RunReport[] }): JSX.Element {
  const [mode, ...others] = columns;
  return (
    <Scrolling label="All figures">
      <table>
        <thead>
          <tr>
            {columns.map(({ name, align }) => (
              <th key={name} scope="col" class={align}>
                {name}
              </th>
            ))}
            <th scope="col">verdict</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.mode}>
              <th scope="row">{mode?.cell(run)}</th>
              {others.map(({ name, align, cell }) => (
                <td key={name} class={align}>
                  {cell(run).toLocaleString('en')}
                </td>
              ))}
              <td>
                <VerdictMark {...run} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolling>
  );
}
