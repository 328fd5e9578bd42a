import cliProgress from 'cli-progress';

/** Shows the progress of one mode's load. */
export interface Progress {
  update(progress: { seconds: number; requests: number }): void;
  stop(): void;
}

/** A bar on a terminal; otherwise a line at the start and one at the end. */
export function showProgress(mode: string, seconds: number, print: (line: string) => void): Progress {
  if (!process.stdout.isTTY) return plainProgress(mode, seconds, print);
  const format = `${mode.padEnd(8)} {bar} {value}/{total} s  {requests} requests`;
  const bar = new cliProgress.SingleBar({ format, barsize: 30, hideCursor: true }, cliProgress.Presets.shades_classic);
  bar.start(seconds, 0, { requests: 0 });
  return {
    update: ({ seconds: done, requests }) => bar.update(done, { requests }),
    stop: () => bar.stop(),
  };
}

function plainProgress(mode: string, seconds: number, print: (line: string) => void): Progress {
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
export function showCells(total: number, print: (line: string) => void): CellsProgress {
  if (!process.stdout.isTTY) return plainCells(total, print);
  const format = '{bar} {value}/{total} cells  {duration_formatted}  {cell}';
  const bars = new cliProgress.MultiBar(
    { format, barsize: 30, hideCursor: true, forceRedraw: true, gracefulExit: true },
    cliProgress.Presets.shades_classic,
  );
  const bar = bars.create(total, 0, { cell: '' });
  return {
    begin: (cell) => bar.update({ cell }),
    done(line) {
      bars.log(`${line}\n`);
      bar.increment({ cell: '' });
      bars.update(); // otherwise a line logged right before the stop is lost
    },
    stop: () => bars.stop(),
  };
}

function plainCells(total: number, print: (line: string) => void): CellsProgress {
  let done = 0;
  return {
    begin() {},
    done: (line) => print(`${++done}/${total} ${line}`),
    stop() {},
  };
}
