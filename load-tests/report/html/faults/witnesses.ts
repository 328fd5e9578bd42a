import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { describeFindings } from '../../findings.ts';
import { html, type Markup } from '../markup.ts';

interface Finding {
  readonly witness: string;
  readonly found: readonly string[];
  /** The text without a finding. */
  readonly nothing: string;
}

/** Each witness's finding, as a sign and a text. */
export function renderWitnesses({ witnesses, inconclusive }: MatrixCell): Markup {
  if (!witnesses) return html`<p>The witnesses were not asked: ${inconclusive ?? 'nothing was tested'}.</p>`;
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain, linearizable } =
    witnesses;
  const findings: Finding[] = [
    {
      witness: 'The database, from inside',
      found: describeFindings({ staleWrites }),
      nothing: 'no stale write',
    },
    {
      witness: 'The ledger',
      found: describeFindings({ accessWithoutPaying, chargedTwice, chargedWithoutAccess }),
      nothing: 'flag and charges agree for every user',
    },
    {
      witness: 'The intents',
      found: describeFindings({ chargedAgain }),
      nothing: 'no payment charged again',
    },
    {
      witness: 'The clients’ history',
      found: linearizable === false ? ['no order of the calls explains their answers'] : [],
      nothing: linearizable === null ? 'was not recorded' : 'some order of the calls explains all answers',
    },
  ];
  return html`<ul class="witnesses">${findings.map(({ witness, found, nothing }) => {
    const hasFound = found.length > 0;
    return html`<li class="${hasFound ? 'bad' : 'fine'}"><span aria-hidden="true">${hasFound ? '✕' : '✓'}</span> <b>${witness}:</b> ${
      hasFound ? found.join(', ') : nothing
    }</li>`;
  })}</ul>`;
}
