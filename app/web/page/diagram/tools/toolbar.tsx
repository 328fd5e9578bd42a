import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Scale } from '../layout/layout.ts';
import { ScaleChoice } from './scale-choice.tsx';
import type { Zooming } from './use-zoom.ts';

export interface ToolbarProps {
  readonly zoom: number;
  readonly zooming: Zooming;
  readonly scale: Signal<Scale>;
  pan(direction: 1 | -1): void;
  /** Goes to the first lost update; undefined when there is none. */
  readonly jump: (() => void) | undefined;
  /** Saves the picture as a file. */
  save(format: 'svg' | 'png'): void;
}

/** The buttons do all that a drag, the wheel or a key does. */
export function Toolbar({ zoom, zooming, scale, pan, jump, save }: ToolbarProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="diagram-tools" role="group" aria-label="Diagram view">
      <button type="button" aria-label="Pan left" onClick={() => pan(-1)}>
        ←
      </button>
      <button type="button" aria-label="Pan right" onClick={() => pan(1)}>
        →
      </button>
      <button type="button" aria-label="Zoom out" onClick={zooming.out}>
        −
      </button>
      <output aria-label="Zoom">{Math.round(zoom * 100)} %</output>
      <button type="button" aria-label="Zoom in" onClick={zooming.in}>
        +
      </button>
      <button type="button" onClick={zooming.fit}>
        Reset
      </button>
      <button type="button" onClick={() => save('svg')}>
        Save SVG
      </button>
      <button type="button" onClick={() => save('png')}>
        Save PNG
      </button>
      <ScaleChoice scale={scale} />
      {/* Always there, so that the picture does not move when an update is lost. */}
      <button type="button" class="jump" aria-disabled={jump === undefined} onClick={jump}>
        <span aria-hidden="true">✕ </span>First lost update
      </button>
    </div>
  );
}
