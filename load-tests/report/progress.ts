import cliProgress from 'cli-progress';

/** Shows how far one mode's load has come. */
export interface Progress {
  update(progress: { elapsedS: number; requests: number }): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a line when it begins and one when it ends. */
export function showProgress(mode: string, durationS: number): Progress {
  if (!process.stdout.isTTY) return plainProgress(mode, durationS);
  const format = `${mode.padEnd(8)} {bar} {value}/{total} s  {requests} requests`;
  const bar = new cliProgress.SingleBar({ format, barsize: 30, hideCursor: true }, cliProgress.Presets.shades_classic);
  bar.start(durationS, 0, { requests: 0 });
  return {
    update: ({ elapsedS, requests }) => bar.update(Math.min(durationS, Math.round(elapsedS)), { requests }),
    stop: () => bar.stop(),
  };
}

function plainProgress(mode: string, durationS: number): Progress {
  console.log(`${mode}: ${durationS} s of load`);
  let requests = 0;
  return {
    update: (progress) => {
      requests = progress.requests;
    },
    stop: () => console.log(`${mode}: ${requests} requests answered`),
  };
}
