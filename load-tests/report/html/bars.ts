import { describeFindings } from '../findings.ts';
import type { RunReport } from '../run-report.ts';
import { html, type Markup } from './markup.ts';
import { markVerdict } from './verdict-mark.ts';

/** Throughput beside safety: a bar of requests per second for each mode, its verdict, and counts of what went wrong. */
export function renderBars(runs: readonly RunReport[]): Markup {
  const most = Math.max(...runs.map(({ requestsPerSecond }) => requestsPerSecond), 1);
  const rows = runs.map((run) => {
    const { mode, requestsPerSecond } = run;
    const width = ((100 * requestsPerSecond) / most).toFixed(1);
    return html`<li>
<span class="mode">${mode}</span>
<span class="bar" aria-hidden="true"><span style="width: ${width}%"></span></span>
<span class="rate">${Math.round(requestsPerSecond).toLocaleString('en')} requests/s</span>
<span class="safety">${markVerdict(run)} <span class="wrongs">${violationsOf(run).join(' · ')}</span></span>
</li>`;
  });
  return html`<ul class="bars">${rows}</ul>`;
}

/** @returns each kind of violation in a run, with its count. */
function violationsOf({ verdict, witnesses, history }: RunReport): string[] {
  const found = describeFindings({ ...witnesses, notLinearizable: history.notLinearizable });
  if (found.length > 0) return found;
  return [verdict === 'inconclusive' ? 'too few requests overlapped to test anything' : 'no violation'];
}
