import './table.css';
import './now.css';
import type { AuditedUser } from '../../../lab/audit-schema.ts';
import type { User } from '../../../payments/users.ts';
import { count, formatAmount, formatMs } from '../format.ts';
import { describeInconsistentUser } from '../narrative/describe-inconsistent-user.ts';
import { describeLeader } from '../narrative/describe-jobs.ts';
import { describeInconsistency } from '../narrative/verdict.ts';
import type { Page } from '../runner/page.ts';
import { amount } from '../state/settings.ts';
import { describeCheck, joinLocks } from '../trace/locks.ts';
import { Button } from './button.tsx';

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

/** When that which could not be read again was read, such as `as of 11:45:00`. */
function formatAge(readAt: number | undefined): string {
  return readAt === undefined ? '' : `as of ${new Date(readAt).toLocaleTimeString('en-GB')}`;
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
      <thead>
        <tr>
          <th scope="col">User</th>
          <th scope="col">Access</th>
          <th scope="col" class="number">
            Charged
          </th>
          <th scope="col" class="number">
            Version
          </th>
          <th scope="col">Verdict</th>
        </tr>
      </thead>
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

function Instances({ page }: { page: Page }) {
  const status = page.lab.status.value;
  const jobs = page.jobs.jobs.value;
  if (!status) return null;
  const age = formatAge(page.lab.stale.value.status);
  return (
    <table class={age ? 'rows stale' : 'rows'}>
      <caption>
        Instances{' '}
        <small>
          {age && `${age}: `}Redis is {status.redis}, MySQL is {status.database}
          {jobs && `, ${describeLeader(jobs)}`}
        </small>
      </caption>
      <thead>
        <tr>
          <th scope="col">Instance</th>
          <th scope="col">State</th>
          <th scope="col">Mode</th>
          <th scope="col" class="number">
            In flight
          </th>
        </tr>
      </thead>
      <tbody>
        {status.instances.map(({ name, state, lockMode, inFlight, seenMsAgo }) => (
          <tr key={name} class={state === 'up' ? undefined : 'wrong'}>
            <th scope="row">{name}</th>
            <td>{state === 'up' ? '✓ up' : `✕ silent for ${formatMs(seenMsAgo)}`}</td>
            <td>{lockMode}</td>
            <td class="number">{inFlight}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Locks({ page }: { page: Page }) {
  const events = [...page.stage.runs.value.flatMap((run) => run.events), ...(page.stepper.run.value?.events ?? [])];
  const look = page.lab.locks.value;
  const rows = look?.outcome === 'seen' ? joinLocks(look.held, events) : [];
  const said = describeCheck(look);
  return (
    <table class="rows">
      <caption>Held locks</caption>
      {rows.length > 0 && (
        <thead>
          <tr>
            <th scope="col">Lock</th>
            <th scope="col">Held by</th>
            <th scope="col" class="number">
              Expires in
            </th>
            <th scope="col" class="number">
              Waiting
            </th>
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map(({ key, on, holder, ttlMs, waiting }) => (
          <tr key={key}>
            <th scope="row">
              <code>{key}</code> <small>on {on.join(', ')}</small>
            </th>
            <td>{holder ? `${holder.kind} on ${holder.instance}` : 'not in this trace'}</td>
            <td class="number">{formatMs(ttlMs)}</td>
            <td class="number">{waiting}</td>
          </tr>
        ))}
        {said && (
          <tr>
            <td colSpan={4}>{said}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
