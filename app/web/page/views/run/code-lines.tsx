import './code-lines.css';
import { useMemo } from 'preact/hooks';
import type { Selection } from '../../diagram/index.ts';
import { codeOf, positionsAt } from '../../narrative/steps/code.ts';
import type { Run } from '../../state/run.ts';
import { readTrace } from '../../trace/steps.ts';

/** What a request runs, line by line. Beside each line stand the requests that are there at the step that is pointed at. */
export function CodeLines({ run: { mode, events }, selection }: { run: Run; selection: Selection }) {
  const lines = useMemo(() => codeOf(mode), [mode]);
  const { steps } = useMemo(() => readTrace(events), [events]);
  const id = selection.pointed.value ?? selection.picked.value;
  const positions = [...positionsAt(steps, id)];
  const now = steps.find(({ event }) => event.id === id)?.event.step;
  return (
    <details class="code-lines" open>
      <summary>What each request runs, and where it is at the step that you point at</summary>
      <ol>
        {lines.map(({ code, steps: run }) => (
          <li key={code} aria-current={now && run.includes(now) ? 'step' : undefined}>
            <span class="who">{positions.flatMap(([name, step]) => (run.includes(step) ? name : [])).join(' ')}</span>
            <code>{code}</code>
          </li>
        ))}
      </ol>
    </details>
  );
}
