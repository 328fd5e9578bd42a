import type { InstallPlan } from './install-plan.ts';
import type { ProgramName } from './programs.ts';

const titles: Readonly<Record<ProgramName, string>> = {
  mysql: 'MySQL or MariaDB',
  redis: 'Redis',
  nginx: 'nginx',
  chromium: 'Chromium or Chrome',
};

/** @returns programs by the names that people know them by. */
export function titlesOf(programs: readonly ProgramName[]): string {
  return programs.map((name) => titles[name]).join(', ');
}

/** @returns what the plan is about to do or, where it may not, the exact commands for the user to type. */
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
      return [`${missing} No package manager that is known here can install it: install it by hand.`];
  }
}

const offerOfCompose = [
  'A Docker engine answers here, so this would do instead:',
  '',
  '  docker compose up --build --wait',
  '  npm run race-test -- --url http://127.0.0.1:8080',
  '',
];
