import type { JSX } from 'preact';
import type { AuditedUser } from '../../../app/lab/audit-schema.ts';
import type { LockModeName } from '../../../app/lock-modes/registry.ts';
import { StillDiagram } from '../../../app/web/page/diagram/still.tsx';
import { traceOfAudit } from '../../../app/web/page/trace/audited.ts';
import { readTrace } from '../../../app/web/page/trace/steps.ts';
import { reportWidth } from './frame.tsx';

/** How a user became inconsistent. */
export function Inconsistency({ user, mode }: { readonly user: AuditedUser; readonly mode: string }): JSX.Element {
  const events = traceOfAudit(user, mode as LockModeName);
  return (
    <>
      <StillDiagram events={events} title={user.what} room={reportWidth} note={inferred} />
      <p>
        {readTrace(events).requests.map(({ name, requestId }) => (
          <>
            {name} is request <code>{requestId}</code>.{' '}
          </>
        ))}
      </p>
    </>
  );
}

/** On the reads of a trace that the database recorded. */
export const inferred =
  'The time of a read is not recorded, only the version that it found: each read is drawn at its latest possible time.';
