import cliProgress from 'cli-progress';
import { terminalWidth, wrap } from './wrap.ts';

export type Print = (text: string) => void;

/** True if a line can be redrawn: not in a pipe, and not in CI, which keeps every frame. */
const canRedraw = (): boolean => process.stdout.isTTY && !process.env.CI && process.env.TERM !== 'dumb';

const stream = process.stdout;
const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const frameMs = 100;
/** A shorter phase shows no seconds. */
const slowMs = 1000;
const eraseRest = '\u001b[K';

/** @returns a phase with a turning sign, and the seconds that it has taken; cut at the terminal's width. */
export function drawPhase(phase: string, elapsedMs: number, width: number): string {
  const sign = frames[Math.floor(elapsedMs / frameMs) % frames.length];
  const seconds = elapsedMs < slowMs ? '' : `  ${Math.floor(elapsedMs / 1000)} s`;
  return `${sign} ${phase.slice(0, width - 3 - seconds.length)}${seconds}`;
}

/**
 * Runs a task, and shows its phases: a line for each, and on a terminal a sign that turns and the seconds of the current one.
 *
 * @param task calls its argument with a line before each phase.
 * @returns what the task returns. @throws what it throws.
 */
export async function showPhases<T>(print: Print, task: (begin: Print) => Promise<T>): Promise<T> {
  const printPhase = (phase: string) => print(wrap(phase));
  if (!canRedraw()) return task(printPhase);
  let end = () => {};
  try {
    return await task((phase) => {
      end();
      end = beginPhase(phase, printPhase);
    });
  } finally {
    end();
  }
}

/** @returns ends the phase, and leaves its line. */
function beginPhase(phase: string, print: Print): () => void {
  const startedAtMs = performance.now();
  const [firstLine = ''] = phase.split('\n');
  const redraw = (text: string) => stream.write(`\r${text}${eraseRest}`);
  const draw = () => redraw(drawPhase(firstLine, performance.now() - startedAtMs, terminalWidth()));
  draw();
  const timer = setInterval(draw, frameMs);
  return () => {
    clearInterval(timer);
    redraw('');
    print(phase);
  };
}

/** Shows the progress of one mode's load. */
export interface Progress {
  update(progress: { seconds: number; requests: number }): void;
  stop(): void;
}

/** @returns the length of a bar beside a text of that length. */
const barsize = (text: number) => Math.max(5, Math.min(30, terminalWidth() - text));

/** A bar on a terminal; otherwise a line at the start and one at the end. */
export function showProgress(mode: string, seconds: number, print: Print): Progress {
  if (!canRedraw()) return plainProgress(mode, seconds, print);
  const format = `${mode.padEnd(12)} {bar} {value}/{total} s  {requests} requests`;
  const options = { format, barsize: barsize(45), hideCursor: true, stream };
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic);
  bar.start(seconds, 0, { requests: 0 });
  return {
    update: ({ seconds: done, requests }) => bar.update(done, { requests }),
    stop: () => bar.stop(),
  };
}

function plainProgress(mode: string, seconds: number, print: Print): Progress {
  print(`${mode}: ${seconds} s of load`);
  let requests = 0;
  return {
    update: (progress) => {
      requests = progress.requests;
    },
    stop: () => print(`${mode}: ${requests} requests answered`),
  };
}

/** Shows how many cells of a matrix are done, and which one is running. */
export interface CellsProgress {
  begin(cell: string): void;
  /** @param line the cell's result, which stays on the screen. */
  done(line: string): void;
  stop(): void;
}

/** A bar below the lines on a terminal; otherwise only the lines, numbered. */
export function showCells(total: number, print: Print): CellsProgress {
  if (!canRedraw()) return plainCells(total, print);
  const format = '{bar} {value}/{total} cells  {duration_formatted}  {cell}';
  const bars = new cliProgress.MultiBar(
    { format, barsize: barsize(68), hideCursor: true, forceRedraw: true, gracefulExit: true, stream },
    cliProgress.Presets.shades_classic,
  );
  const bar = bars.create(total, 0, { cell: '' });
  return {
    begin: (cell) => bar.update({ cell }),
    done(line) {
      bars.log(`${wrap(line)}\n`);
      bar.increment({ cell: '' });
      bars.update(); // otherwise a line logged right before the stop is lost
    },
    stop: () => bars.stop(),
  };
}

function plainCells(total: number, print: Print): CellsProgress {
  let done = 0;
  return {
    begin() {},
    done: (line) => print(wrap(`${++done}/${total} ${line}`)),
    stop() {},
  };
}
