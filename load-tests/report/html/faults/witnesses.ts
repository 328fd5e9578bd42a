import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { html, type Markup } from '../markup.ts';

interface Finding {
  readonly witness: string;
  readonly found: readonly string[];
  /** The text without a finding. */
  readonly nothing: string;
}

const many = (count: number, one: string, more: string) =>
  count === 0 ? [] : [`${count.toLocaleString('en')} ${count === 1 ? one : more}`];

/** Each witness's finding, as a sign and a text. */
export function renderWitnesses({ witnesses, inconclusive }: MatrixCell): Markup {
  if (!witnesses) return html`<p>The witnesses were not asked: ${inconclusive ?? 'nothing was tested'}.</p>`;
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain, linearizable } =
    witnesses;
  const findings: Finding[] = [
    {
      witness: 'The database, from inside',
      found: many(staleWrites, 'write was decided on an outdated read', 'writes were decided on an outdated read'),
      nothing: 'no write was decided on an outdated read',
    },
    {
      witness: 'The ledger',
      found: [
        ...many(accessWithoutPaying, 'user has access and paid nothing', 'users have access and paid nothing'),
        ...many(chargedTwice, 'user is charged twice', 'users are charged twice'),
        ...many(chargedWithoutAccess, 'user is charged without access', 'users are charged without access'),
      ],
      nothing: 'flag and charges agree for every user',
    },
    {
      witness: 'The intents',
      found: many(chargedAgain, 'payment was charged again', 'payments were charged again'),
      nothing: 'no payment was charged again',
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
