import cliProgress from 'cli-progress';

/** Shows how far one mode's load has come. */
export interface Progress {
  update(progress: { seconds: number; requests: number }): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a line when it begins and one when it ends. */
export function showProgress(mode: string, seconds: number): Progress {
  if (!process.stdout.isTTY) return plainProgress(mode, seconds);
  const format = `${mode.padEnd(8)} {bar} {value}/{total} s  {requests} requests`;
  const bar = new cliProgress.SingleBar({ format, barsize: 30, hideCursor: true }, cliProgress.Presets.shades_classic);
  bar.start(seconds, 0, { requests: 0 });
  return {
    update: ({ seconds: done, requests }) => bar.update(done, { requests }),
    stop: () => bar.stop(),
  };
}

function plainProgress(mode: string, seconds: number): Progress {
  console.log(`${mode}: ${seconds} s of load`);
  let requests = 0;
  return {
    update: (progress) => {
      requests = progress.requests;
    },
    stop: () => console.log(`${mode}: ${requests} requests answered`),
  };
}
