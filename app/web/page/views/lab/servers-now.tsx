import { formatAge, formatMs } from '../../format.ts';
import { describeLeader } from '../../narrative/lab/describe-jobs.ts';
import type { Page } from '../../runner/page.ts';
import { describeCheck, joinLocks } from '../../trace/locks.ts';
import { Head } from '../table.tsx';

/** The instances, Redis and MySQL. */
export function Instances({ page }: { page: Page }) {
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
      <Head of={['Instance', 'State', 'Mode', ['In flight', 'number']]} />
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

/** The locks that Redis holds for the users shown. */
export function Locks({ page }: { page: Page }) {
  const events = [...page.stage.runs.value.flatMap((run) => run.events), ...(page.stepper.run.value?.events ?? [])];
  const look = page.lab.locks.value;
  const rows = look?.outcome === 'seen' ? joinLocks(look.held, events) : [];
  const said = describeCheck(look);
  return (
    <table class="rows">
      <caption>Held locks</caption>
      {rows.length > 0 && <Head of={['Lock', 'Held by', ['Expires in', 'number'], ['Waiting', 'number']]} />}
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
