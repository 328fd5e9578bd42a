import './run.css';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { lockModeTraits } from '../../../../lock-modes/registry.ts';
import {
  Board,
  createSelection,
  RowLink,
  type Scale,
  type Selection,
  StepsTable,
  useRowLinks,
} from '../../diagram/index.ts';
import { formatAmount, formatMs } from '../../format.ts';
import { describeEvents } from '../../narrative/steps/run-log.ts';
import { describeAnswer } from '../../narrative/texts.ts';
import { judge, type Verdict } from '../../narrative/verdict.ts';
import { isWaiting, type Run } from '../../state/run.ts';
import type { Bar } from '../../trace/bars.ts';
import { inOrder } from '../../trace/in-order.ts';
import { nameRequests } from '../../trace/requests.ts';
import { CodeLines } from './code-lines.tsx';

export interface RunPanelProps {
  readonly run: Run;
  readonly scale: Signal<Scale>;
  /** Faults during the run. */
  readonly bars?: readonly Bar[];
  /** Of a picture elsewhere, which shows this run too. Absent: the panel has a picture of its own. */
  readonly selection?: Selection;
  /** Shown instead of the verdict while the run is in progress. */
  readonly children?: ComponentChildren;
}

/** One run: its verdict, its log and its picture. */
export function RunPanel({ run, scale, bars, selection: shared, children }: RunPanelProps) {
  const { mode, user, events, state } = run;
  const own = useMemo(createSelection, []);
  const selection = shared ?? own;
  const { title, how } = lockModeTraits[mode];
  return (
    <article class="run" aria-label={`${title}, ${user.name}`}>
      <div class="head">
        <h3>
          {title} <code>{mode}</code>
        </h3>
        <div role="status" class="outcome">
          {state === 'done' ? <VerdictMark verdict={judge(run)} /> : (children ?? <UnderWay run={run} />)}
        </div>
      </div>
      {!shared && events.length > 0 && (
        <div class="picture">
          <Board runs={[{ title: titleOf(run), events, bars }]} {...{ scale, selection }} />
        </div>
      )}
      <div class="text">
        <p class="how">{how}</p>
        {events.length > 0 && <CodeLines run={run} selection={selection} />}
        <Before run={run} />
        <RunLog run={run} selection={selection} />
        {events.length > 0 && (
          <details>
            <summary>All steps as a table</summary>
            <StepsTable events={events} selection={selection} />
          </details>
        )}
      </div>
    </article>
  );
}

/** The name of a run's picture. */
export function titleOf({ mode, user }: Run): string {
  return `${lockModeTraits[mode].title}: ${user.name}, user ${user.id}`;
}

const marks = { inconsistent: '✕', lost: '!', held: '✓', untested: '?' } as const;

function VerdictMark({ verdict: { kind, headline, why } }: { verdict: Verdict }) {
  return (
    <div class={`judged ${kind}`}>
      <p class="headline">
        <span aria-hidden="true">{marks[kind]}</span> {headline}
      </p>
      <p>{why}</p>
    </div>
  );
}

function UnderWay({ run: { calls, events, state } }: { run: Run }) {
  if (state === 'preparing') return <p class="headline waiting">Preparing …</p>;
  const waiting = calls.filter(({ requestId, answer }) => !answer && isWaiting(events, requestId));
  const text =
    waiting.length > 0
      ? `The ${waiting.map(({ kind }) => kind).join(' and the ')} ${waiting.length > 1 ? 'are' : 'is'} blocked`
      : 'Running';
  return <p class="headline waiting">{text} …</p>;
}

/** The user's access and balance before; the verdict has those afterwards. */
function Before({ run: { user } }: { run: Run }) {
  return (
    <p class="before">
      <b>
        {user.name}, user {user.id}
      </b>
      : before: {user.paid ? 'access' : 'no access'}, charged {formatAmount(user.balance)}
    </p>
  );
}

/** The run's log: the pay's lines on the left, the cancel's indented. The letters are those of the picture. */
function RunLog({ run: { events, calls }, selection }: { run: Run; selection: Selection }) {
  const links = useRowLinks<HTMLOListElement>(selection);
  // One pay and one cancel need no letters.
  const named = calls.length > 2 ? nameRequests(inOrder(events)) : undefined;
  const nameOf = (requestId: string) => {
    const made = calls.find((one) => one.requestId === requestId);
    if (!made) return 'another request';
    const letter = named?.get(requestId)?.name;
    return letter === undefined ? made.kind : `${made.kind} ${letter}`;
  };
  return (
    <>
      <ol class="run-log" {...links}>
        {describeEvents(events).map(({ id, kind, requestId, ms, text, tone }, index) => (
          <li key={id} data-event={id} class={`${kind} ${tone}`}>
            <span class="ms">
              <RowLink isFirst={index === 0}>{formatMs(ms)}</RowLink>
            </span>
            <span>
              {tone === 'bad' && '✕ '}
              <b class="who">{nameOf(requestId)}:</b> {text}
            </span>
          </li>
        ))}
      </ol>
      <ul class="answers">
        {calls
          .filter(({ answer }) => answer)
          .map(({ requestId, answer }) => (
            <li key={requestId}>
              Answer to {nameOf(requestId)}: {describeAnswer(answer)}
            </li>
          ))}
      </ul>
    </>
  );
}
