import './board.css';
import { useState } from 'preact/hooks';
import type { LockModeName } from '../../../../lock-modes/registry.ts';
import type { Page } from '../../runner/page.ts';
import { modesOf } from '../select.tsx';
import { LoadRequests } from './requests.tsx';
import { Scores } from './scores.tsx';

/** The figures of all loads in this browser, and the requests of one. Loaded when it is needed. */
export function LoadBoard({ page }: { page: Page }) {
  const { load } = page;
  const [chosen, setChosen] = useState<{ readonly mode: LockModeName; readonly seed: number | undefined }>();
  const last = load.last.value;
  const { busy } = load;
  const mode = chosen?.seed === last?.seed ? (chosen?.mode ?? last?.mode) : last?.mode; // a choice lasts until the next load
  const current = load.turn.value ? modesOf(page) : last ? [last.mode] : [];
  const shown = busy.value ? last : (load.finished.value.get(mode ?? 'none') ?? last);
  return (
    <>
      <Scores
        history={load.history}
        finished={busy.value ? [] : [...load.finished.value.keys()]}
        measuring={busy.value ? current : []}
        shown={shown?.mode}
        onShow={(wanted) => setChosen({ mode: wanted, seed: last?.seed })}
      />
      {shown && <LoadRequests key={`${shown.mode} ${shown.seed} ${shown.users[0]?.id}`} load={shown} />}
    </>
  );
}
