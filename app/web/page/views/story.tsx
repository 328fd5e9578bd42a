import './story.css';
import { story } from '../narrative/story.ts';
import type { Presenter } from '../runner/browser/presenter.ts';
import { Button } from './button.tsx';

const lanes = { pay: 'Pay', cancel: 'Cancel', flag: 'The flag' } as const;

/** The race in five pictures, each with a sentence: before it is run for real. */
export function Story({ presenter }: { presenter: Presenter }) {
  const { frame } = presenter;
  const shown = story[frame.value];
  if (!shown) return null;
  return (
    <section class="story" aria-label="The race in five pictures">
      <div class="frame" aria-hidden="true">
        {Object.entries(lanes).map(([lane, title]) => (
          <b key={lane} class={`lane ${lane}`}>
            {title}
          </b>
        ))}
        {shown.steps.map(({ lane, from, to, kind, text }) => (
          <span
            key={`${lane} ${from} ${kind}`}
            class={`${lane} ${kind}`}
            style={{ '--from': from + 1, '--to': to + 1 }}
          >
            {text}
          </span>
        ))}
      </div>
      <p class="sentence" role="status">
        {frame.value + 1} of {story.length}. {shown.text}
      </p>
      <div class="buttons">
        <Button idle={frame.value === 0} onPress={presenter.back}>
          Back
        </Button>
        <Button idle={frame.value === story.length - 1} onPress={() => presenter.show(frame.value + 1)}>
          Forward
        </Button>
      </div>
    </section>
  );
}
