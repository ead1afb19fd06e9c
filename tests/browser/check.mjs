// Looks at a report.html the way a reader would, in headless Chromium over the DevTools protocol:
//
//   node tests/browser/check.mjs FILE FOLDER [CHROMIUM]
//
// Fails on a console error, an exception or any request to a network; hovers over a chart and compares what is shown
// with the page's data; hides a line with the mouse and with the keyboard; filters the timeline; prints; and leaves
// screenshots in FOLDER (light, dark, narrow, print) and a PDF. Needs node 18 and Chromium, and no package of either. The
// protocol goes through pipes (file descriptors 3 and 4), so no port is opened. Knows the page's elements, not how it
// was made.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [file, folder, chromium = 'chromium'] = process.argv.slice(2);
if (!file || !folder) {
  console.error('usage: node check.mjs FILE FOLDER [CHROMIUM]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });
const profile = mkdtempSync(join(tmpdir(), 'report-check-'));
const browser = spawn(chromium, [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--disable-extensions', '--no-first-run', '--no-default-browser-check', '--hide-scrollbars',
  '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

// A browser that hangs must not hang whoever waits for it.
const deadline = setTimeout(() => finish(['no answer from the browser in two minutes']), 120_000);
browser.on('error', e => finish([`${chromium}: ${e.message}`]));

let done = false;
function finish(faults) {
  if (done) return;
  done = true;
  clearTimeout(deadline);
  for (const fault of faults) console.error(`fault: ${fault}`);
  if (!faults.length) console.log(`${file}: fine`);
  process.exitCode = faults.length ? 1 : 0;
  const leave = () => {
    try {
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    } catch {
      // What a dying browser still writes is no fault of the page.
    }
    process.exit();
  };
  if (browser.pid === undefined) return leave();
  browser.on('close', leave);
  session = undefined;
  send('Browser.close').catch(() => {});
  setTimeout(() => browser.kill('SIGKILL'), 5000).unref();
}

// ---- the protocol: JSON texts with a zero byte after each ----
let next = 0;
let session;
const waiting = new Map();
const listeners = [];
let held = Buffer.alloc(0);
browser.stdio[4].on('data', chunk => {
  held = Buffer.concat([held, chunk]);
  for (let end = held.indexOf(0); end >= 0; end = held.indexOf(0)) {
    const message = JSON.parse(held.subarray(0, end).toString());
    held = held.subarray(end + 1);
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
    } else {
      listeners.forEach(listen => listen(message));
    }
  }
});
browser.stdio[3].on('error', () => {});
function send(method, params = {}) {
  const id = ++next;
  browser.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + '\0');
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}
const event = name => new Promise(resolve => listeners.push(m => m.method === name && resolve(m.params)));

const faults = [];
const expect = (fine, what) => { if (!fine) faults.push(what); };

async function main() {
  const { targetInfos } = await send('Target.getTargets');
  const target = targetInfos.find(t => t.type === 'page');
  ({ sessionId: session } = await send('Target.attachToTarget', { targetId: target.targetId, flatten: true }));

  const here = pathToFileURL(resolve(file)).href;
  listeners.push(({ method, params }) => {
    if (method === 'Runtime.exceptionThrown') {
      const d = params.exceptionDetails;
      faults.push(`exception: ${d.exception?.description ?? d.text}`);
    }
    if (method === 'Runtime.consoleAPICalled' && ['error', 'warning', 'assert'].includes(params.type)) {
      faults.push(`console.${params.type}: ${params.args.map(a => a.value ?? a.description).join(' ')}`);
    }
    if (method === 'Log.entryAdded' && params.entry.level === 'error') faults.push(`log: ${params.entry.text}`);
    if (method === 'Network.requestWillBeSent') {
      const { url } = params.request;
      if (url !== here && !url.startsWith('data:')) faults.push(`a request for ${url.slice(0, 120)}`);
    }
  });
  await Promise.all(['Page', 'Runtime', 'Log', 'Network'].map(domain => send(`${domain}.enable`)));

  const evaluate = async text => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', { expression: text, returnByValue: true, awaitPromise: true });
    if (exceptionDetails) throw new Error(`${text.slice(0, 80)}: ${exceptionDetails.exception?.description}`);
    return result.value;
  };
  const settle = () => evaluate('new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const size = (width, height) => send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  const scheme = value => send('Emulation.setEmulatedMedia', { media: '', features: [{ name: 'prefers-color-scheme', value }] });
  // The whole page, or only an element of it.
  const shot = async (name, selector) => {
    await settle();
    const { cssContentSize: { width, height } } = await send('Page.getLayoutMetrics');
    if (selector) await evaluate(`document.querySelector('${selector}').scrollIntoView({ block: 'nearest', behavior: 'instant' })`);
    const clip = selector ? await evaluate(`(b => ({ x: b.x, y: Math.max(0, b.y) + scrollY, width: b.width, height: Math.min(b.bottom, innerHeight) - Math.max(0, b.y), scale: 1 }))(document.querySelector('${selector}').getBoundingClientRect())`)
      : { x: 0, y: 0, width, height: Math.min(height, 12_000), scale: 1 };
    const { data } = await send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: !selector, clip });
    writeFileSync(join(folder, `${basename(file, '.html')}-${name}.png`), Buffer.from(data, 'base64'));
  };
  const move = (x, y, more = {}) => send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y, ...more });
  const click = async (x, y) => {
    for (const type of ['mousePressed', 'mouseReleased']) {
      await send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  };
  const key = async (name, text) => {
    await send('Input.dispatchKeyEvent', { type: 'keyDown', key: name, code: name, text, windowsVirtualKeyCode: { ' ': 32 }[name] });
    await send('Input.dispatchKeyEvent', { type: 'keyUp', key: name, code: name, windowsVirtualKeyCode: { ' ': 32 }[name] });
    await settle();
  };

  await size(1100, 900);
  await scheme('light');
  const loaded = event('Page.loadEventFired');
  await send('Page.navigate', { url: here });
  await loaded;
  await settle();

  expect(await evaluate('document.querySelector("h1").textContent.trim().length') > 0, 'no headline');
  expect(await evaluate('document.documentElement.scrollWidth <= innerWidth'), 'wider than the screen');
  await shot('light');

  if (await evaluate('!!report.data && report.panels.length > 0')) await charts();
  if (await evaluate('!!document.querySelector("#filters button")')) await filters();
  if (await evaluate('!!document.querySelector("table.sortable th.figure button")')) await sorting();

  await scheme('dark');
  await shot('dark');
  await scheme('light');
  await size(400, 800);
  await settle();
  const wide = await evaluate(`[...document.querySelectorAll('body *')].filter(e => !e.closest('.scroll, .paper, .skip, .spoken')
    && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.tagName + '.' + (e.className.baseVal ?? e.className))`);
  expect(await evaluate('document.documentElement.scrollWidth <= innerWidth'), `wider than a telephone: ${wide.slice(0, 5)}`);
  await shot('narrow');
  // As on paper of A4 with margins; then the paper itself.
  await size(690, 1000);
  await send('Emulation.setEmulatedMedia', { media: 'print' });
  await settle();
  expect(await evaluate(`getComputedStyle(document.querySelector('nav')).display === 'none'`), 'links to sections on paper');
  expect(await evaluate('!document.querySelector(".printed") || document.querySelectorAll(".printed svg").length > 0 || document.querySelectorAll(".live .panel").length === 0'),
    'no charts on paper');
  await shot('print');
  await send('Emulation.setEmulatedMedia', { media: '' });
  await size(1100, 900);
  const { data: pdf } = await send('Page.printToPDF', { preferCSSPageSize: true, printBackground: true });
  const bytes = Buffer.from(pdf, 'base64');
  writeFileSync(join(folder, `${basename(file, '.html')}.pdf`), bytes);
  expect(bytes.length > 5000, 'an empty PDF');

  async function charts() {
    // The middle of the first chart's drawing area, and what the data says is there.
    const place = `(() => {
      const p = report.panels[0];
      p.plot.scrollIntoView({ block: 'center', behavior: 'instant' });
      const box = p.plot.querySelector('.u-over').getBoundingClientRect();
      return { x: box.left + box.width * 0.6, y: box.top + box.height * 0.5, right: box.left + box.width * 0.8 };
    })()`;
    let at = await evaluate(place);
    await settle();
    at = await evaluate(place);
    await move(at.x, at.y);
    await settle();
    const hovered = await evaluate(`(() => {
      const p = report.panels[0], u = p.chart;
      const t = u.data[0][u.cursor.idx];
      const line = p.spec.series.find(s => !s.band);
      let i = -1;
      line.xs.forEach((x, k) => { if (x <= t) i = k; });
      return {
        t, value: i < 0 ? null : line.ys[i], times: line.xs.length,
        shown: p.values.get(line.group).value.textContent, readout: p.readout.textContent,
        others: report.panels.slice(1).map(q => q.readout.textContent),
      };
    })()`);
    const number = parseFloat(hovered.shown.replace(/,/g, ''));
    const wanted = hovered.value * (hovered.shown.includes('%') ? 100 : 1);
    expect(hovered.value === null ? isNaN(number) : Math.abs(number - wanted) <= Math.max(0.00051, wanted * 0.06),
      `a hover shows ${hovered.shown}, the data say ${wanted}`);
    const day = new Date(hovered.t * 1000);
    expect(hovered.readout.includes(String(day.getUTCFullYear())) && hovered.readout.includes(` ${day.getUTCDate()} `),
      `a hover on ${day.toISOString()} says ${hovered.readout}`);
    expect(hovered.others.every(text => text.includes(`day `)), 'the other charts do not follow the cursor');
    await shot('hover', '.panel');

    // With the mouse, then with the keyboard.
    const button = 'report.panels[0].legend.querySelector("button")';
    await move(2, 2);
    await settle();
    const box = await evaluate(`(b => ({ x: b.left + b.width / 2, y: b.top + b.height / 2 }))(${button}.getBoundingClientRect())`);
    const ink = `(() => {
      const c = report.panels[0].plot.querySelector('canvas');
      const pixels = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
      let sum = 0;
      for (let i = 0; i < pixels.length; i += 4) sum += (pixels[i] * 3 + pixels[i + 1] * 5 + pixels[i + 2] * 7) % 1013;
      return sum;
    })()`;
    const state = `({ pressed: ${button}.getAttribute('aria-pressed'), ink: ${ink},
      shown: report.panels[0].spec.series.map((s, i) => s.group === report.panels[0].groups[0] && report.panels[0].chart.series[i + 1].show).some(Boolean) })`;
    const first = await evaluate(state);
    await click(box.x, box.y);
    await settle();
    const off = await evaluate(state);
    expect(first.shown && first.pressed === 'true', 'a line is hidden to begin with');
    expect(!off.shown && off.pressed === 'false', 'a click does not hide its line');
    expect(off.ink !== first.ink, 'a hidden line is still painted');
    await evaluate(`${button}.focus()`);
    await key(' ', ' ');
    const on = await evaluate(state);
    expect(on.shown && on.pressed === 'true', 'the space bar does not bring a line back');

    // Templates have strips of their own: a button takes its strip away and brings it back.
    const strips = await evaluate(`(() => {
      const p = report.panels.find(p => p.spec.title === 'Ratings of templates');
      if (!p) return null;
      const button = p.legend.querySelector('button'), count = () => p.lanes.querySelectorAll('svg').length;
      const seen = [count()];
      for (let i = 0; i < 2; i++) { button.click(); seen.push(count()); }
      return { seen, words: p.values.get('t0').value.textContent, templates: report.data.templates.all.filter(t => t.colours.length || t.stopped.length).length };
    })()`);
    if (strips) {
      const [all, less, again] = strips.seen;
      expect(all === strips.templates && less === all - 1 && again === all, `strips of templates: ${strips.seen}`);
      expect(/green|yellow|red|not rated/.test(strips.words), `a template is ${strips.words}`);
      await shot('templates', '.panel:nth-of-type(2)');
    }

    // And lines of their rates, which buttons take away and bring back.
    const rates = await evaluate(`(() => {
      const p = report.panels.find(p => p.spec.title === 'Blocks and reports of templates');
      if (!p) return null;
      const button = p.legend.querySelector('button'), on = () => p.chart.series[1].show, seen = [on()];
      for (let i = 0; i < 2; i++) { button.click(); seen.push(on()); }
      return { seen, words: p.values.get('t0').value.textContent, name: button.querySelector('.name').textContent };
    })()`);
    if (strips) {
      expect(rates && String(rates.seen) === 'true,false,true', `lines of templates: ${rates && rates.seen}`);
      expect(/%/.test(rates.words) && rates.name.length > 1, `a template's rate is ${rates.words}`);
      await shot('template-rates', '.panel:nth-of-type(3)');
    }

    // A command line goes to the clipboard, or is marked.
    const copied = await evaluate(`(() => {
      const place = document.querySelector('.command'), button = place.querySelector('button');
      button.click();
      return { line: place.querySelector('code').textContent, name: button.textContent };
    })()`);
    expect(copied.line.startsWith('tiersim ') && copied.name.length > 3, `no line to copy: ${JSON.stringify(copied)}`);

    // Arrow keys read values; dragging zooms, 0 takes it back.
    await evaluate('report.panels[0].plot.focus()');
    await key('ArrowRight');
    expect((await evaluate('document.getElementById("spoken").textContent')).length > 10, 'arrow keys say nothing');
    const span = 'report.panels.map(p => p.chart.scales.x.max - p.chart.scales.x.min)';
    const before = await evaluate(span);
    at = await evaluate(place);
    await move(at.x, at.y);
    await send('Input.dispatchMouseEvent', { type: 'mousePressed', x: at.x, y: at.y, button: 'left', clickCount: 1 });
    await move(at.right, at.y, { button: 'left', buttons: 1 });
    await send('Input.dispatchMouseEvent', { type: 'mouseReleased', x: at.right, y: at.y, button: 'left', clickCount: 1 });
    await settle();
    const zoomed = await evaluate(span);
    expect(zoomed.every((z, i) => z < before[i] * 0.5), 'dragging does not zoom every chart');
    await shot('zoomed', '.panel');
    await evaluate('report.panels[0].plot.focus()');
    await key('0', '0');
    expect((await evaluate(span)).every((s, i) => s === before[i]), '0 does not show everything again');
    const log = await evaluate('!!report.panels[0].scaleButton');
    if (log) {
      await evaluate('report.panels[0].scaleButton.click()');
      await settle();
      expect(await evaluate('report.panels[0].chart.scales.y.distr') === (await evaluate('report.panels[0].log') ? 3 : 1), 'the log scale does not come');
      await shot('log', '.panel');
      await evaluate('report.panels[0].scaleButton.click()');
    }
    await move(2, 2);
  }

  async function filters() {
    const visible = '[...document.querySelectorAll("#verdicts tbody tr")].filter(r => !r.hidden).length';
    const rows = await evaluate(visible);
    const mine = await evaluate('Number(document.querySelector("#filters button span").textContent)');
    await evaluate('document.querySelector("#filters button").focus()');
    await key(' ', ' ');
    expect(await evaluate(visible) === rows - mine, 'a filter does not leave its rows out');
    await key(' ', ' ');
    expect(await evaluate(visible) === rows, 'a filter does not bring its rows back');
    await shot('timeline', '#timeline');
  }

  async function sorting() {
    const sorted = await evaluate(`(() => {
      const th = document.querySelector('table.sortable th.figure'), table = th.closest('table');
      th.querySelector('button').click();
      const i = [...th.parentNode.cells].indexOf(th);
      const values = [...table.tBodies[0].rows].map(r => parseFloat(r.cells[i].textContent.replace(/,/g, ''))).filter(v => !isNaN(v));
      return th.getAttribute('aria-sort') === 'descending' && values.every((v, k) => !k || values[k - 1] >= v);
    })()`);
    expect(sorted, 'a table does not sort by its figures');
  }
}

main().then(() => finish(faults), e => finish([...faults, e.stack]));
