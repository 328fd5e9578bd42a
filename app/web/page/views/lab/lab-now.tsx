import { Head } from '../table.tsx'; // now.css overrides its style
import './now.css';
import type { AuditedUser } from '../../../../lab/audit-schema.ts';
import type { User } from '../../../../payments/users.ts';
import { count, formatAge, formatAmount } from '../../format.ts';
import { describeInconsistentUser } from '../../narrative/lab/describe-inconsistent-user.ts';
import { describeInconsistency } from '../../narrative/verdict.ts';
import type { Page } from '../../runner/page.ts';
import { amount } from '../../state/settings.ts';
import { Button } from '../button.tsx';
import { Instances, Locks } from './servers-now.tsx';

/** Users, audit, instances and held locks. */
export function LabNow({ page }: { page: Page }) {
  const isOn = page.lab.lab.value === 'on';
  return (
    <section id="now" class="now" aria-labelledby="now-title">
      <h2 id="now-title">{isOn ? 'Lab status' : 'Users'}</h2>
      {isOn && <AuditVerdict page={page} />}
      <div class="tables">
        <div>
          <Users page={page} />
          {isOn && <Care page={page} />}
        </div>
        {isOn && (
          <div>
            <Instances page={page} />
            <Locks page={page} />
          </div>
        )}
      </div>
    </section>
  );
}

function AuditVerdict({ page }: { page: Page }) {
  const audit = page.lab.audit.value;
  if (!audit) return null;
  const age = formatAge(page.lab.stale.value.audit);
  const inconsistent = audit.accessWithoutPaying + audit.chargedTwice + audit.chargedWithoutAccess;
  return (
    <div class="audit">
      <p class={inconsistent > 0 ? 'headline inconsistent' : 'headline held'}>
        {inconsistent > 0
          ? `✕ ${inconsistent} of ${audit.users} users are wrong: access and payments don’t match`
          : `✓ Access and payments match for all ${audit.users} users`}{' '}
        <small>{age}</small>
      </p>
      {audit.staleWrites > 0 && (
        <p>The database recorded {count(audit.staleWrites, 'stale write')}: decided on a stale read.</p>
      )}
      {audit.chargedAgain > 0 && (
        <p>The ledger has {count(audit.chargedAgain, 'payment')} that a retry has charged again.</p>
      )}
      {audit.wronged.length > 0 && (
        <details>
          <summary>Users and requests</summary>
          <ul>
            {audit.wronged.map((user) => (
              <li key={user.userId}>{describeInconsistentUser(user)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

const mostShown = 12;

function Users({ page }: { page: Page }) {
  const { users: known, audit, own } = page.lab;
  const users = known.value;
  if (!users) return <p>Loading users …</p>;
  const isOwn = own.ids.value.includes(users[0]?.id ?? 0);
  const notes = [isOwn ? 'of this tab' : '', formatAge(page.lab.stale.value.users)].filter(Boolean);
  const more = users.length - mostShown;
  return (
    <table class={page.lab.stale.value.users ? 'rows users stale' : 'rows users'}>
      <caption>
        Users <small>{notes.join(', ')}</small>
      </caption>
      <Head of={['User', 'Access', ['Charged', 'number'], ['Version', 'number'], 'Verdict']} />
      <tbody>
        {users.slice(0, mostShown).map((user) => (
          <UserRow
            key={user.id}
            user={user}
            inconsistent={audit.value?.wronged.find(({ userId }) => userId === user.id)}
          />
        ))}
      </tbody>
      {more > 0 && (
        <tfoot>
          <tr>
            <td colSpan={5}>and {more === 100 - mostShown ? 'more' : `${more} more`}</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

/** What can be done for this tab's users. */
function Care({ page }: { page: Page }) {
  const { lab, care, activity } = page;
  const isBusy = activity.current.value !== undefined;
  const own = new Set(lab.own.ids.value);
  const wrong = lab.users.value?.filter((user) => own.has(user.id) && describeInconsistency('', user, amount)) ?? [];
  return (
    <div class="care">
      <Button onPress={() => void care.addFresh()}>Fresh users</Button>
      <Button idle={isBusy || wrong.length === 0} onPress={() => void care.repair()}>
        {wrong.length > 0 ? `Repair ${count(wrong.length, 'user')}` : 'Repair'}
      </Button>
      <div role="status">
        {care.report.value.map((line) => (
          <p class="aside" key={line}>
            {line}
          </p>
        ))}
      </div>
    </div>
  );
}

function UserRow({ user, inconsistent }: { user: User; inconsistent: AuditedUser | undefined }) {
  // Only the audit sees a second charge. It lists the first twenty users, and only with the lab on.
  const wrong =
    inconsistent?.wrong === 'chargedTwice'
      ? `is charged ${formatAmount(user.balance)} for one access`
      : describeInconsistency('', user)?.trim();
  return (
    <tr class={wrong ? 'wrong' : undefined}>
      <th scope="row">
        {user.name} <small>{user.id}</small>
      </th>
      <td>{user.paid ? 'paid' : 'unpaid'}</td>
      <td class="number">{formatAmount(user.balance)}</td>
      <td class="number">{user.version}</td>
      <td>{wrong ? `✕ ${wrong}` : '✓ consistent'}</td>
    </tr>
  );
}
