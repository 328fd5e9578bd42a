import type { InstallPlan } from './install-plan.ts';
import type { ProgramName } from './programs.ts';

const titles: Readonly<Record<ProgramName, string>> = {
  mysql: 'MySQL or MariaDB',
  redis: 'Redis',
  nginx: 'nginx',
  chromium: 'Chromium or Chrome',
};

/** @returns the programs' common names. */
export function titlesOf(programs: readonly ProgramName[]): string {
  return programs.map((name) => titles[name]).join(', ');
}

/** @returns what will be installed or, if this user may not, the exact commands to type. */
export function explainInstall(plan: InstallPlan): string {
  if (plan.kind === 'nothing') return 'Nothing is missing.';
  return [...headline(plan), ...(plan.offersCompose ? offerOfCompose : [])].join('\n');
}

function headline(plan: Exclude<InstallPlan, { kind: 'nothing' }>): string[] {
  const missing = `This machine lacks ${titlesOf(plan.missing)}.`;
  switch (plan.kind) {
    case 'install':
      return [`${missing} Installing (it may take a minute): ${plan.install.join(' ')}`];
    case 'instruct': {
      const commands = [plan.refresh, plan.install].flatMap((command) => (command ? [command.join(' ')] : []));
      return [`${missing} To install, type:`, '', `  ${commands.join(' && ')}`, '', 'and then the same command again.'];
    }
    case 'impossible':
      return [`${missing} No supported package manager was found: install it yourself.`];
  }
}

const offerOfCompose = [
  'A Docker engine is running here, so this works instead:',
  '',
  '  docker compose up --build --wait',
  '  npm run race-test -- --url http://127.0.0.1:8080',
  '',
];
