import { tellTroubles } from '../model/errors.ts';
import type { Page } from '../runner/page.ts';

/** What does not work right now, and what it means for whoever is here. Empty, and so unseen, while all is well. */
export function Troubles({ page }: { page: Page }) {
  const { trouble, fleet } = page.lab;
  const told = tellTroubles({
    trouble: trouble.value,
    fleet: fleet.value,
    stream: page.stream.value,
    gap: page.gap.value,
  });
  const mistakes = page.linkMistakes.value;
  return (
    <div class="troubles" role="status">
      {mistakes.length > 0 && (
        <div class="trouble">
          <p>The address of this page asks for a run that there cannot be:</p>
          <ul>
            {mistakes.map((mistake) => (
              <li key={mistake}>{mistake}</li>
            ))}
          </ul>
        </div>
      )}
      {told.map((words) => (
        <p class="trouble" key={words}>
          <b aria-hidden="true">!</b> {words}
        </p>
      ))}
    </div>
  );
}
