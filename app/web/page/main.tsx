import { render } from 'preact';
import { createPage } from './runner/page.ts';
import './theme.css';
import './views/base.css';
import { App } from './views/app.tsx';

const root = document.getElementById('page');
if (root) {
  const page = createPage();
  render(<App page={page} />, root);
  void page.openAddress();
}
