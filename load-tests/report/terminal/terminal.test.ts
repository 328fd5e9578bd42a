import { WriteStream } from 'node:tty';
import { afterEach, expect, test, vi } from 'vitest';
import { paint, plain } from './paint.ts';
import { drawPhase, showPhases } from './progress.ts';
import { countsByMode, renderResult } from './result.ts';

afterEach(() => void vi.unstubAllEnvs());

test('colours no text in a pipe, unless FORCE_COLOR is set', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  expect(paint('violated', 'violated')).toBe('violated');
  vi.stubEnv('FORCE_COLOR', '1');
  expect(paint('violated', 'violated')).toBe('\u001b[31mviolated\u001b[39m');
});

test('colours text on a terminal, unless NO_COLOR is set', () => {
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', undefined);
  vi.stubEnv('TERM', 'xterm');
  vi.stubEnv('CI', undefined);
  const terminal = { isTTY: true, getColorDepth: WriteStream.prototype.getColorDepth };
  const { isTTY, getColorDepth } = process.stdout;
  Object.assign(process.stdout, terminal);
  try {
    expect(paint('held', 'held')).toBe('\u001b[32mheld\u001b[39m');
    vi.stubEnv('NO_COLOR', '1');
    expect(paint('held', 'held')).toBe('held');
  } finally {
    Object.assign(process.stdout, { isTTY, getColorDepth });
  }
});

test('a phase turns, shows its seconds, and is cut at the width', () => {
  expect(drawPhase('starting nginx', 0, 80)).toBe('⠋ starting nginx');
  expect(drawPhase('starting nginx', 12_345, 80)).toMatch(/^[^⠋] starting nginx {2}12 s$/);
  for (const elapsedMs of [0, 12_345]) expect(drawPhase('x'.repeat(300), elapsedMs, 80)).toHaveLength(79);
});

test('prints a line for each phase in a pipe', async () => {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const task = async (begin: (phase: string) => void) => {
    begin('starting MySQL and Redis');
    begin('starting nginx');
    return 7;
  };
  expect(await showPhases(print, task)).toBe(7);
  expect(lines).toEqual(['starting MySQL and Redis', 'starting nginx']);
});

test('ends with a line that states the result', () => {
  const lost = (count: number) => `lost ${count} updates`;
  const what = countsByMode([['redis', 0] as const, ['none', 139] as const], lost);
  expect(renderResult({ asExpected: true, what }, plain, 80)).toBe('As expected: none lost 139 updates, redis 0.');
  expect(renderResult({ asExpected: false, what: 'redis violated, expected held' }, plain, 80)).toBe(
    'Not as expected: redis violated, expected held.',
  );
  const safe = ['naive', 'redis', 'redlock', 'fenced'].map((mode) => [mode, 0] as const);
  expect(countsByMode([['none', 9], ...safe, ['memory', 20]], lost)).toBe(
    'memory lost 20 updates, none 9, the others 0',
  );
  expect(countsByMode(safe, lost)).toBe('each of the 4 modes lost 0 updates');
});
