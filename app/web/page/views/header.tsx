import './header.css';
import type { Page } from '../runner/page.ts';
import { Button } from './button.tsx';

const themeWords = { system: 'auto', light: 'light', dark: 'dark' } as const;

export function Header({ page }: { page: Page }) {
  const { lab, status } = page.lab;
  // Without Redis, an instance knows only itself.
  const known = status.value?.redis === 'up' ? status.value.instances : undefined;
  const up = known?.filter(({ state }) => state === 'up').length;
  const all = known?.length;
  const { choice } = page.theme;
  const present = () => {
    page.presenter.toggle();
    // Else the space bar would press this button again.
    if (page.presenter.isPresenting.value) document.getElementById('main')?.focus({ preventScroll: true });
  };
  return (
    <header class="top">
      <p class="brand">Payment race lab</p>
      {lab.value !== 'off' && (
        <nav aria-label="Sections">
          <a href="#race">The race</a>
          <a href="#steps">Scheduler</a>
          {page.faults.faults.value && <a href="#faults">Break it</a>}
          <a href="#load">Load</a>
          <a href="#now">Lab status</a>
          <a href="#jobs">Jobs</a>
        </nav>
      )}
      <p class="signs">
        {up !== undefined && (
          <span class="instances">
            {up} of {all} instances up
          </span>
        )}
        {lab.value !== 'off' && (
          <span class="present">
            <Button look="quiet" onPress={present}>
              {page.presenter.isPresenting.value ? 'End presenting' : 'Present'}
            </Button>
          </span>
        )}
        <Button look="quiet" onPress={() => page.theme.next()}>
          Colours: {themeWords[choice.value]}
        </Button>
      </p>
    </header>
  );
}
