import './language.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/buttons.css';
import './styles/parts.css';
import './styles/controls.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { listenForPixelPort } from './bridge.ts';
import { Studio } from './studio.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element #app.');

if (window.covae) {
  const studio = new Studio(window.covae);
  listenForPixelPort(window, studio.pixels);
  await studio.start();
  mount(App, { target, props: { studio } });
} else {
  target.textContent = 'This page is the window of CoVAE Studio: start the application to use it.';
}
