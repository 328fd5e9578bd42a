import { expect, test, vi } from 'vitest';
import { startFakeLab } from '../fixtures/fake-lab.ts';
import { createTheme } from './theme.ts';

test('goes from the system’s theme to light, to dark, and back; the choice is kept', () => {
  const { tab } = startFakeLab();
  const theme = createTheme();
  const seen = [0, 1, 2, 3].map(() => {
    const now = [theme.choice.value, tab.theme.theme];
    theme.next();
    return now;
  });
  expect(seen).toEqual([
    ['system', undefined],
    ['light', 'light'],
    ['dark', 'dark'],
    ['system', undefined],
  ]);
  expect(tab.stored.get('theme')).toBe('light');
  expect(createTheme().choice.value).toBe('light');
});

test('begins with the system’s where another value was kept, or nothing can be', () => {
  const { tab } = startFakeLab();
  tab.stored.set('theme', 'purple');
  expect(createTheme().choice.value).toBe('system');
  vi.stubGlobal('localStorage', undefined);
  const theme = createTheme();
  theme.next();
  expect([theme.choice.value, tab.theme.theme]).toEqual(['light', 'light']);
});
