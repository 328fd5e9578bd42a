import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { formatMs } from '../../format.ts';
import type { Trace } from '../../trace/steps.ts';
import { lastStepAt } from '../layout/replay.ts';
import type { Selection } from '../selection.ts';

export interface ReplayProps {
  readonly traces: readonly Trace[];
  readonly durationMs: number;
  /** The time of the replay; undefined when all is shown. */
  readonly atMs: Signal<number | undefined>;
  readonly selection: Selection;
}

/** How fast it plays. A storm of pays is over in a tenth of a second. */
const speeds = [
  { title: '1×', factor: 1 },
  { title: '¼×', factor: 1 / 4 },
  { title: '1⁄20×', factor: 1 / 20 },
] as const;
/** Parts of the slider. */
const parts = 1000;

/**
 * Replays the run: what has not happened yet is faded, and the last step that ended is marked. With reduced motion, nothing
 * plays by itself: the slider alone sets the time.
 */
export function Replay({ traces, durationMs, atMs, selection }: ReplayProps): JSX.Element {
  const [factor, setFactor] = useState<number>(1);
  const [isPlaying, setPlaying] = useState(false);
  const show = (ms: number | undefined) => {
    atMs.value = ms;
    selection.pointed.value = ms === undefined ? undefined : lastStepAt(traces, ms)?.event.id;
  };
  useEffect(() => {
    if (!isPlaying) return;
    let last = performance.now();
    const advance = (now: number) => {
      const ms = (atMs.peek() ?? 0) + (now - last) * factor;
      last = now;
      show(ms < durationMs ? ms : undefined);
      if (ms < durationMs) frame = requestAnimationFrame(advance);
      else setPlaying(false);
    };
    let frame = requestAnimationFrame(advance);
    return () => cancelAnimationFrame(frame);
  }, [isPlaying, factor, durationMs]);

  const play = () => {
    if (!isPlaying && atMs.value === undefined) show(0);
    setPlaying(!isPlaying);
  };
  const at = atMs.value ?? durationMs;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="diagram-replay" role="group" aria-label="Replay">
      <button type="button" class="moving" onClick={play}>
        {isPlaying ? 'Pause' : 'Replay'}
      </button>
      <input
        type="range"
        aria-label="Time of the replay"
        aria-valuetext={formatMs(at)}
        min="0"
        max={parts}
        step="1"
        value={durationMs > 0 ? (at / durationMs) * parts : parts}
        onInput={({ currentTarget: { valueAsNumber } }) => {
          setPlaying(false);
          show(valueAsNumber >= parts ? undefined : (valueAsNumber / parts) * durationMs);
        }}
      />
      <output>{formatMs(at)}</output>
      <select
        class="moving"
        aria-label="Speed of the replay"
        onChange={({ currentTarget: { selectedIndex } }) => setFactor(speeds[selectedIndex]?.factor ?? 1)}
      >
        {speeds.map(({ title, factor: each }) => (
          <option key={title} selected={each === factor}>
            {title}
          </option>
        ))}
      </select>
    </div>
  );
}
