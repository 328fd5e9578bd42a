import cliProgress from 'cli-progress';

/** Shows how far one mode's load has come. */
export interface Progress {
  update(progress: { seconds: number; requests: number }): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a line when it begins and one when it ends. */
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

/** Shows how many cells of a matrix have been played, and what is being played now. */
export interface CellsProgress {
  begin(cell: string): void;
  /** @param line what is to be kept on the screen of the cell that has ended. */
  done(line: string): void;
  stop(): void;
}

/** A bar under the lines on a terminal; elsewhere the lines alone, each with its count. */
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
      bars.update(); // what is not printed when it stops never is
    },
    stop: () => bars.stop(),
  };
}

function plainCells(total: number, print: (line: string) => void): CellsProgress {
  let played = 0;
  return {
    begin() {},
    done: (line) => print(`${++played}/${total} ${line}`),
    stop() {},
  };
}
