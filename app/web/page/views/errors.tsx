import type { Page } from '../runner/page.ts';
import { describeErrors } from '../state/errors.ts';

/** The current errors and what they mean for the user. Empty while all is well. */
export function Errors({ page }: { page: Page }) {
  const { error, status } = page.lab;
  const lines = describeErrors({
    error: error.value,
    status: status.value,
    stream: page.stream.value,
    gap: page.gap.value,
  });
  const mistakes = page.linkMistakes.value;
  return (
    <div class="errors" role="status">
      {mistakes.length > 0 && (
        <div class="error">
          <p>The address of this page is invalid:</p>
          <ul>
            {mistakes.map((mistake) => (
              <li key={mistake}>{mistake}</li>
            ))}
          </ul>
        </div>
      )}
      {lines.map((text) => (
        <p class="error" key={text}>
          <b aria-hidden="true">!</b> {text}
        </p>
      ))}
    </div>
  );
}
