import type { Page } from '../runner/page.ts';
import { Errors } from './errors.tsx';
import { FaultsSection } from './faults-section.tsx';
import { Header } from './header.tsx';
import { Hero } from './hero.tsx';
import { JobsSection } from './jobs-section.tsx';
import { LabNow } from './lab-now.tsx';
import { LoadSection } from './load-section.tsx';
import { Proposal } from './proposal.tsx';
import { RetriesSection } from './retries-section.tsx';
import { SettingsForm } from './settings-form.tsx';
import { StageSection } from './stage-section.tsx';
import { StepsSection } from './steps-section.tsx';

/** The whole page. With the lab off, it says so and shows only users and jobs. */
export function App({ page }: { page: Page }) {
  const lab = page.lab.lab.value;
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header page={page} />
      <main id="main" tabIndex={-1}>
        <Errors page={page} />
        <Hero page={page} />
        <Proposal page={page} />
        {lab !== 'off' && (
          <>
            <StageSection page={page} />
            <SettingsForm page={page} />
            <StepsSection page={page} />
            <FaultsSection page={page} />
            <LoadSection page={page} />
            <RetriesSection />
          </>
        )}
        <LabNow page={page} />
        <JobsSection page={page} />
      </main>
      <footer class="bottom">
        <p>
          The race is real: each request goes through nginx to an instance, and the page shows what that instance read
          and wrote. Only the payment processor is simulated: a table and a delay.
        </p>
      </footer>
    </>
  );
}
