import type { JSX } from 'preact';
import { restsOnUnknown } from '../../verify/verdict.ts';
import { describeFindings } from '../findings.ts';
import type { RunReport } from '../run-report.ts';
import { VerdictMark } from './verdict-mark.tsx';

/** Throughput beside safety: a bar of requests per second for each mode, its verdict, and counts of what went wrong. */
export function Bars({ runs }: { readonly runs: readonly RunReport[] }): JSX.Element {
  const most = Math.max(...runs.map(({ requestsPerSecond }) => requestsPerSecond), 1);
  return (
    <ul class="bars">
      {runs.map((run) => (
        <li key={run.mode}>
          <span class="mode">{run.mode}</span>
          <span class="bar" aria-hidden="true">
            <span style={{ width: `${((100 * run.requestsPerSecond) / most).toFixed(1)}%` }} />
          </span>
          <span class="rate">{Math.round(run.requestsPerSecond).toLocaleString('en')} requests/s</span>
          <span class="safety">
            <VerdictMark {...run} /> <span class="wrongs">{violationsOf(run).join(' · ')}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** @returns each kind of violation in a run, with its count. */
function violationsOf({ verdict, witnesses, history }: RunReport): string[] {
  const found = describeFindings({ ...witnesses, notLinearizable: history.notLinearizable });
  if (found.length > 0) return found;
  if (verdict !== 'inconclusive') return ['no violation'];
  return [
    restsOnUnknown(history)
      ? 'calls of unknown outcome explain too many answers to test anything'
      : 'too few requests overlapped or were carried out to test anything',
  ];
}
