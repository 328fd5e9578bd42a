import './proposal.css';
import { describeProposal } from '../narrative/describe-proposal.ts';
import { scenarioTexts } from '../narrative/texts.ts';
import type { Page } from '../runner/page.ts';
import { Button } from './button.tsx';

/** What the address asks for. It may come from anybody, and costs users of the lab something: so the visitor decides. */
export function Proposal({ page }: { page: Page }) {
  const wanted = page.proposal.value;
  if (!wanted) return null;
  const { scenario, userId } = wanted;
  const name = page.lab.users.value?.find(({ id }) => id === userId)?.name;
  const play = () => {
    document.getElementById('main')?.focus({ preventScroll: true }); // the card disappears
    if (scenario === 'steps' || scenario === 'load') document.getElementById(scenario)?.scrollIntoView();
    void page.play(wanted);
  };
  return (
    <section class="proposal" aria-label="Play it">
      <h2>
        This address asks for: {scenarioTexts[scenario].title}
        {name && ` (${name})`}
      </h2>
      <p>{describeProposal(wanted)} Nothing has been sent yet.</p>
      <Button look="primary" idle={page.activity.current.value !== undefined} onPress={play}>
        Play it
      </Button>
    </section>
  );
}
