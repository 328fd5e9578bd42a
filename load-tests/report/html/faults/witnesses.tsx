import type { JSX } from 'preact';
import type { MatrixCell } from '../../../faults/matrix-cell.ts';
import { counted, describeFindings } from '../../findings.ts';

/** Each witness's finding, as a sign and a text. */
export function Witnesses({ witnesses, inconclusive, unfinished, onlyByUnknown }: MatrixCell): JSX.Element {
  if (!witnesses) return <p>The witnesses were not asked: {inconclusive ?? 'nothing was tested'}.</p>;
  const { staleWrites, accessWithoutPaying, chargedTwice, chargedWithoutAccess, chargedAgain, linearizable } =
    witnesses;
  const halfDone = unfinished > 0 ? ', but for what half-done calls may have left' : '';
  const explained = `some order of the calls explains all answers${byUnknown(onlyByUnknown)}`;
  const findings = [
    { witness: 'The database, from inside', found: describeFindings({ staleWrites }), nothing: 'no stale write' },
    {
      witness: 'The ledger',
      found: describeFindings({ accessWithoutPaying, chargedTwice, chargedWithoutAccess }),
      nothing: `flag and charges agree for every user${halfDone}`,
    },
    { witness: 'The intents', found: describeFindings({ chargedAgain }), nothing: 'no payment charged again' },
    {
      witness: 'The clients’ history',
      found: linearizable === false ? ['no order of the calls explains their answers'] : [],
      nothing: linearizable === null ? 'was not recorded' : explained,
    },
  ];
  return (
    <ul class="witnesses">
      {findings.map(({ witness, found, nothing }) => (
        <li key={witness} class={found.length > 0 ? 'bad' : ''}>
          <span aria-hidden="true">{found.length > 0 ? '✕' : '✓'}</span> <b>{witness}:</b> {found.join(', ') || nothing}
        </li>
      ))}
    </ul>
  );
}

const byUnknown = (users: number) =>
  users === 0 ? '' : `, of ${counted(users, 'user', 'users')} only if calls of unknown outcome took effect`;
