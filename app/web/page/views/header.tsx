import type { Page } from '../play/page.ts';

const themeWords = { system: 'as the system', light: 'light', dark: 'dark' } as const;

export function Header({ page }: { page: Page }) {
  const { lab, fleet } = page.lab;
  const up = fleet.value?.instances.filter(({ state }) => state === 'up').length;
  const all = fleet.value?.instances.length;
  const { choice } = page.theme;
  return (
    <header class="top">
      <p class="brand">Payment race lab</p>
      {lab.value !== 'off' && (
        <nav aria-label="Parts of this page">
          <a href="#race">The race</a>
          <a href="#steps">Step by step</a>
          <a href="#load">Load</a>
          <a href="#now">The lab now</a>
        </nav>
      )}
      <p class="signs">
        {up !== undefined && (
          <span>
            {up} of {all} instances up
          </span>
        )}
        <button type="button" class="quiet" onClick={() => page.theme.turn()}>
          Colours: {themeWords[choice.value]}
        </button>
      </p>
    </header>
  );
}
