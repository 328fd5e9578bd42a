import type { JSX } from 'preact';
import type { Zooming } from './use-zoom.ts';

export interface ToolbarProps {
  readonly zoom: number;
  readonly zooming: Zooming;
  pan(direction: 1 | -1): void;
  /** Goes to the first lost update; undefined when there is none. */
  readonly jump: (() => void) | undefined;
  /** Saves the picture as a file. */
  save(format: 'svg' | 'png'): void;
}

/** The buttons do all that a drag, the wheel or a key does. */
export function Toolbar({ zoom, zooming, pan, jump, save }: ToolbarProps): JSX.Element {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields
    <div class="diagram-tools" role="group" aria-label="Diagram view">
      {jump && (
        <button type="button" class="jump" onClick={jump}>
          <span aria-hidden="true">✕ </span>Jump to the first lost update
        </button>
      )}
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
    </div>
  );
}
