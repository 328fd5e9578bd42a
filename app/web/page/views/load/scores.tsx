import { useState } from 'preact/hooks';
import { type LockModeName, lockModeNames, lockModeTraits } from '../../../../lock-modes/registry.ts';
import { count, formatMs } from '../../format.ts';
import { describeLost, describeScoreboard } from '../../narrative/load/describe-load.ts';
import type { Load } from '../../runner/load/load.ts';
import { type Score, scoresOf } from '../../state/load/figures.ts';
import { Button } from '../button.tsx';
import { Head } from '../table.tsx';

export interface ScoresProps {
  readonly history: Load['history'];
  /** The modes whose requests can be shown. */
  readonly finished: readonly LockModeName[];
  /** They have their lines from the start, so that what is below does not move. */
  readonly measuring: readonly LockModeName[];
  readonly shown: LockModeName | undefined;
  onShow(mode: LockModeName): void;
}

/** The scoreboard: a line for each mode. */
export function Scores({ history, finished, measuring, shown, onShow }: ScoresProps) {
  const [isCleared, setCleared] = useState(false);
  const scores = scoresOf(history.kept.value);
  const lines = lockModeNames.flatMap((mode) => {
    const score = scores.find((each) => each.mode === mode);
    return score || measuring.includes(mode) ? [{ mode, score }] : [];
  });
  const isEmpty = lines.length === 0;
  if (isEmpty && !isCleared) return null;
  // The button stays, and keeps the focus.
  const clear = () => {
    setCleared(true);
    history.clear();
  };
  const most = Math.max(...scores.map(({ latest }) => latest.requestsPerSecond));
  return (
    <div class="scoreboard">
      <h3 id="scoreboard">Scoreboard</h3>
      {!isEmpty && (
        <table class="rows scores" aria-labelledby="scoreboard">
          <Head
            of={[
              'Guard',
              'Lost updates',
              'Requests/s',
              'p99',
              ['Inconsistent users', 'extra'],
              ['Requests', 'extra'],
              ['Measured', 'extra'],
            ]}
          />
          <tbody>
            {lines.map(({ mode, score }) => (
              <tr key={mode} class={mode === shown ? 'shown' : undefined}>
                <th scope="row">
                  {finished.includes(mode) ? (
                    <button type="button" class="quiet" aria-pressed={mode === shown} onClick={() => onShow(mode)}>
                      <ModeName mode={mode} />
                    </button>
                  ) : (
                    <ModeName mode={mode} />
                  )}
                </th>
                {score ? <Figures score={score} most={most} /> : <td colSpan={6}>not measured yet</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="aside">
        {!isEmpty && finished.length > 1 && 'Choose a mode to see its requests. '}
        {isEmpty ? 'No load is on it.' : describeScoreboard(scores)}
      </p>
      <Button idle={isEmpty} onPress={clear}>
        Clear the scoreboard
      </Button>
    </div>
  );
}

function ModeName({ mode }: { mode: LockModeName }) {
  return (
    <>
      <code>{mode}</code> <small>{lockModeTraits[mode].title}</small>
    </>
  );
}

function Figures({ score, most }: { score: Score; most: number }) {
  const { latest, loads, lost } = score;
  const { text, kind } = describeLost(latest);
  const [least, largest] = lost;
  return (
    <>
      <td class={kind}>
        {text}
        {loads > 1 && (
          <small> {least === largest ? `in each of ${loads} loads` : `${least} to ${largest} in ${loads} loads`}</small>
        )}
      </td>
      <td>
        <span class="rate" style={{ '--share': `${(100 * latest.requestsPerSecond) / most}%` }}>
          {latest.requestsPerSecond.toFixed(latest.requestsPerSecond < 10 ? 1 : 0)}
        </span>
      </td>
      <td>{formatMs(latest.p99Ms)}</td>
      <td class={`extra ${latest.inconsistent ? 'bad' : ''}`}>
        {latest.inconsistent === null ? '?' : `${latest.inconsistent > 0 ? '✕ ' : ''}${latest.inconsistent}`}
      </td>
      <td class="extra">{latest.requests.toLocaleString('en')}</td>
      <td class="extra">
        {new Date(latest.endedAtMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}{' '}
        <small>{count(latest.instances, 'instance')}</small>
      </td>
    </>
  );
}
