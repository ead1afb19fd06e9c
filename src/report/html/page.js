/* What report.html does when looked at: interactive charts on one axis of time, tables that sort, a timeline that
   filters. Reads the page's own data and elements and nothing else: no network, no storage, no clock. Without it the
   page still says everything, with the finished charts in place of these. */
(function () {
  'use strict';
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById('data').textContent);
  root.classList.add('js');

  const element = (tag, props, ...children) => {
    const e = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name === 'text') e.textContent = value;
      else e.setAttribute(name, value);
    }
    e.append(...children);
    return e;
  };
  const svgElement = (tag, props) => {
    const e = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [name, value] of Object.entries(props)) e.setAttribute(name, value);
    return e;
  };

  /* ---- how values read: as in the printed answer ---- */
  const thousands = n => String(Math.round(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  function percent(share) {
    const p = share * 100;
    if (p <= 0) return '0 %';
    const digits = p >= 0.995 ? 1 : p >= 0.0995 ? 2 : p >= 0.00995 ? 3 : p >= 0.001 ? 4 : -1;
    return digits < 0 ? '<0.001 %' : (p === 100 ? '100' : p.toFixed(digits)) + ' %';
  }
  const axisPercent = share => Number((share * 100).toPrecision(6)) + ' %';
  const axisCount = n => n >= 1e6 ? n / 1e6 + 'M' : n >= 1e4 ? n / 1e3 + 'K' : thousands(n);
  const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const two = n => String(n).padStart(2, '0');
  const DAY = 86400;
  const dayStart = day => data.first_day + day * DAY;
  function dateWords(s) {
    const d = new Date(s * 1000);
    return WEEKDAYS[d.getUTCDay()] + ' ' + d.getUTCDate() + ' ' + MONTHS[d.getUTCMonth()] + ' ' + d.getUTCFullYear();
  }
  function hour(s) {
    const d = new Date(s * 1000);
    return two(d.getUTCHours()) + ':' + two(d.getUTCMinutes());
  }
  const RATINGS = {
    G: { word: 'green', color: 'green', height: 0.4 },
    Y: { word: 'yellow', color: 'yellow', height: 0.7 },
    R: { word: 'red', color: 'red', height: 1 },
    U: { word: 'not rated', color: 'unknown', height: 0.18 },
  };

  /* ---- steps in time: the last one at or before an instant ---- */
  function before(times, at) {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= at) low = middle + 1; else high = middle;
    }
    return low - 1;
  }
  const colourAt = (steps, at) => {
    const i = before(steps.map(s => s[0]), at);
    return i < 0 ? null : steps[i][1];
  };

  const css = name => getComputedStyle(root).getPropertyValue('--' + name).trim();
  const panels = [];
  let range = data ? [data.start, Math.max(data.end, data.start + 3600)] : [0, 1];
  const all = range.slice();
  let told = null;
  let busy = false;

  /* ---- one chart with its title, its legend of buttons and its readout ----
     spec: title, says, yLabel, series: [{ name, color, xs, ys, group, dash, width, step, band, quiet, tell }],
     floor, axis(value), log (a choice is offered), logFirst, paint(u), height, lanes */
  function Panel(host, spec) {
    const self = this;
    self.spec = spec;
    self.hidden = new Set(spec.series.filter((s, i) => spec.off && spec.off(i)).map(s => s.group));
    self.log = !!spec.logFirst;
    const tools = element('div', { class: 'tools' });
    const reset = element('button', { type: 'button', class: 'reset', text: 'Show all days' });
    reset.addEventListener('click', () => zoom(all));
    tools.append(reset);
    if (spec.log) {
      self.scaleButton = element('button', { type: 'button', 'aria-pressed': String(self.log), text: 'Log scale' });
      self.scaleButton.addEventListener('click', () => {
        self.log = !self.log;
        self.scaleButton.setAttribute('aria-pressed', String(self.log));
        self.draw();
      });
      tools.append(self.scaleButton);
    }
    self.readout = element('div', { class: 'readout', 'aria-hidden': 'true' });
    // Room for the longest value, so that nothing moves while values change.
    self.legend = element('div', { class: 'legend', style: '--least:' + (spec.least || '11rem'), role: 'group', 'aria-label': spec.title + ': lines' });
    self.plot = element('div', {
      class: 'plot', tabindex: '0', role: 'group', 'aria-roledescription': 'chart',
      'aria-label': spec.title + '. ' + spec.says + ' Arrow keys read values, plus and minus zoom, 0 shows everything.',
    });
    self.lanes = spec.lanes ? element('div', { class: 'lanes' }) : null;
    self.element = element('section', { class: 'panel', 'aria-label': spec.title },
      element('div', { class: 'top' }, element('h3', { text: spec.title }), tools),
      element('p', { class: 'says', text: spec.says }),
      self.legend, self.readout, self.plot);
    if (self.lanes) self.element.append(self.lanes);
    host.append(self.element);

    self.groups = [];
    for (const s of spec.series) if (!self.groups.includes(s.group)) self.groups.push(s.group);
    self.values = new Map();
    for (const group of self.groups) {
      const first = spec.series.find(s => s.group === group && !s.band);
      const value = element('span', { class: 'value' });
      const key = element('span', { class: 'key' + (first.dash ? ' dash' : ''), style: 'border-color:var(--' + first.color + ')' });
      const button = element('button', { type: 'button', 'aria-pressed': String(!self.hidden.has(group)), 'data-series': group }, key,
        element('span', { class: 'name', text: first.name }), value);
      button.addEventListener('click', () => self.toggle(group));
      const focus = on => self.chart.setSeries(on ? spec.series.indexOf(first) + 1 : null, { focus: true });
      button.addEventListener('pointerenter', () => focus(true));
      button.addEventListener('pointerleave', () => focus(false));
      self.legend.append(button);
      self.values.set(group, { button, value });
    }
    self.plot.addEventListener('keydown', e => self.key(e));
    self.plot.addEventListener('blur', () => tell(null));
    self.draw();
    panels.push(self);
  }

  Panel.prototype.toggle = function (group) {
    const off = !this.hidden.has(group);
    if (off) this.hidden.add(group); else this.hidden.delete(group);
    this.values.get(group).button.setAttribute('aria-pressed', String(!off));
    this.chart.batch(() => this.spec.series.forEach((s, i) => {
      if (s.group === group) this.chart.setSeries(i + 1, { show: !off });
    }));
    this.drawLanes();
  };

  Panel.prototype.width = function () {
    return Math.max(260, Math.floor(this.plot.clientWidth || 800));
  };

  Panel.prototype.draw = function () {
    const self = this, spec = self.spec;
    if (self.chart) self.chart.destroy();
    self.plot.replaceChildren();
    const log = self.log;
    const tables = spec.series.map(s => [s.xs, log ? s.ys.map(v => v > 0 ? v : null) : s.ys]);
    const joined = tables.length ? uPlot.join(tables) : [[]];
    const font = '12px ' + getComputedStyle(document.body).fontFamily;
    const axis = { font, stroke: css('soft'), grid: { stroke: css('line'), width: 1 }, ticks: { stroke: css('line'), width: 1, size: 4 } };
    const bands = [];
    spec.series.forEach((s, i) => {
      if (s.band === 'high') bands.push({ series: [i + 1, i + 2], fill: alpha(css(s.color), 0.16) });
    });
    self.chart = new uPlot({
      width: self.width(), height: spec.height || 260, pxAlign: false, ms: 1e-3,
      tzDate: s => uPlot.tzDate(new Date(s * 1000), 'UTC'),
      legend: { show: false },
      padding: [10, 26, 0, 0],
      focus: { alpha: 0.35 },
      cursor: {
        y: false, points: { size: 8 },
        drag: { x: true, y: false, setScale: false },
        // On a value there is, except while dragging: a span may begin and end anywhere.
        move: (u, left, top) => left < 0 || !u.data[0].length || (u.cursor.event && u.cursor.event.buttons & 1)
          ? [left, top] : [u.valToPos(u.data[0][u.posToIdx(left)], 'x'), top],
        bind: { dblclick: () => () => { zoom(all); return null; } },
      },
      scales: {
        x: { time: true, auto: false, range: () => range },
        y: log
          ? { distr: 3, range: (u, low, high) => low == null ? [0.001, 1] : [Math.pow(10, Math.floor(Math.log10(low))), high * 1.6] }
          : { range: (u, low, high) => [0, Math.max((high == null ? 0 : high) * 1.12, spec.floor || 1e-9)] },
      },
      axes: [
        Object.assign({}, axis, { space: 64, values: dates, size: 38 }),
        spec.flat ? Object.assign({}, axis, { size: 64, values: () => [], grid: { show: false }, ticks: { show: false } })
          : Object.assign({}, axis, { size: 64, values: (u, splits) => splits.map(v => v == null ? '' : spec.axis(v)),
          filter: log ? (u, splits) => splits.map(v => Math.abs(Math.log10(v) - Math.round(Math.log10(v))) < 1e-6 ? v : null) : undefined }),
      ],
      series: [{}].concat(spec.series.map(s => ({
        label: s.name, stroke: s.band ? 'transparent' : css(s.color), width: s.band ? 0 : s.width || 1.8, dash: s.dash,
        show: !self.hidden.has(s.group), spanGaps: false,
        paths: s.step ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
        points: { show: !s.band && s.xs.length === 1 },
      }))),
      bands,
      hooks: {
        drawClear: [u => spec.paint && spec.paint(u, self)],
        draw: [u => spec.over && spec.over(u, self)],
        setSelect: [u => {
          if (u.select.width > 4) zoom([u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
        setCursor: [u => {
          if (busy) return;
          const at = u.cursor.left >= 0 && u.cursor.idx != null ? u.data[0][u.cursor.idx] : null;
          tell(at, self);
        }],
      },
    }, joined, self.plot);
    self.drawLanes();
  };

  /* What every line is at an instant. */
  Panel.prototype.tell = function (at) {
    // With nothing pointed at, legends say how it ended: they keep their size, and a printed copy its sense.
    const resting = at == null;
    if (resting) at = this.spec.daily ? dayStart(data.days - 1) : data.end;
    const parts = [];
    for (const group of this.groups) {
      const text = this.hidden.has(group) ? 'hidden' : this.spec.tell(group, at);
      this.values.get(group).value.textContent = text;
      parts.push(this.spec.series.find(s => s.group === group && !s.band).name + ' ' + text);
    }
    this.readout.replaceChildren();
    const when = element('b', { text: this.spec.daily ? dateWords(at) : dateWords(at) + ', ' + hour(at) + ' UTC' });
    const day = Math.min(data.days, Math.floor((at - data.first_day) / DAY) + 1);
    this.readout.append(resting ? (this.spec.daily ? 'Last day: ' : 'At the end: ') : '', when, ' · day ' + day + (this.spec.also ? this.spec.also(at) : ''));
    return parts.join(', ');
  };

  Panel.prototype.key = function (e) {
    const xs = this.chart.data[0].filter(x => x >= range[0] && x <= range[1]);
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const here = told == null ? -1 : before(xs, told);
    const jump = e.shiftKey ? Math.max(1, Math.round(xs.length / 20)) : 1;
    const span = range[1] - range[0], middle = told == null ? (range[0] + range[1]) / 2 : told;
    let to = null;
    if (e.key === 'ArrowRight') to = Math.min(xs.length - 1, here + jump);
    else if (e.key === 'ArrowLeft') to = Math.max(0, (here < 0 ? xs.length : here) - jump);
    else if (e.key === 'Home') to = 0;
    else if (e.key === 'End') to = xs.length - 1;
    else if (e.key === '0') zoom(all);
    else if (e.key === '+' || e.key === '=') zoom([middle - span / 4, middle + span / 4]);
    else if (e.key === '-') zoom([middle - span, middle + span]);
    else if (e.key === 'Escape') tell(null);
    else return;
    e.preventDefault();
    if (to != null && xs.length) {
      const said = tell(xs[to], this, true);
      document.getElementById('spoken').textContent = dateWords(xs[to]) + (this.spec.daily ? '' : ' ' + hour(xs[to]) + ' UTC') + ': ' + said;
    }
  };

  /* Moves every chart's cursor to an instant and lets each say its values there. */
  function tell(at, from, move) {
    told = at;
    let said = '';
    busy = true;
    for (const p of panels) {
      const mine = p.tell(at);
      if (p === from) said = mine;
      if (p !== from || move) {
        const left = at == null ? -10 : p.chart.valToPos(at, 'x');
        p.chart.setCursor({ left, top: at == null ? -10 : 10 }, false);
      }
    }
    busy = false;
    return said;
  }

  function zoom(to) {
    const least = Math.min(3 * 3600, all[1] - all[0]);
    let [low, high] = to;
    if (high - low < least) { const m = (low + high) / 2; low = m - least / 2; high = m + least / 2; }
    range = [Math.max(all[0], low), Math.min(all[1], high)];
    for (const p of panels) {
      p.chart.setScale('x', { min: range[0], max: range[1] });
      p.drawLanes();
    }
    root.classList.toggle('zoomed', range[0] > all[0] || range[1] < all[1]);
  }

  function dates(u, splits, index, space, step) {
    let year = null, day = null;
    return splits.map(s => {
      const d = new Date(s * 1000);
      let text = d.getUTCDate() + ' ' + MONTHS[d.getUTCMonth()];
      if (step < DAY) {
        const second = day === text ? '' : '\n' + text;
        day = text;
        return hour(s) + second;
      }
      if (step >= 28 * DAY) text = MONTHS[d.getUTCMonth()];
      const second = year === d.getUTCFullYear() ? '' : '\n' + d.getUTCFullYear();
      year = d.getUTCFullYear();
      return text + second;
    });
  }

  function alpha(color, share) {
    const n = parseInt(color.slice(1), 16);
    return 'rgba(' + (n >> 16) + ',' + (n >> 8 & 255) + ',' + (n & 255) + ',' + share + ')';
  }

  /* ---- what several charts paint beneath their lines ---- */
  function paintTime(u) {
    const c = u.ctx, box = u.bbox, x = at => Math.min(box.left + box.width, Math.max(box.left, u.valToPos(at, 'x', true)));
    c.save();
    if (data.warm > data.start) {
      c.fillStyle = alpha(css('ink'), 0.07);
      c.fillRect(box.left, box.top, x(data.warm) - box.left, box.height);
    }
    c.strokeStyle = css('ink');
    c.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    for (const [from] of data.eras) {
      if (from <= range[0] || from >= range[1]) continue;
      c.beginPath();
      c.moveTo(x(from), box.top);
      c.lineTo(x(from), box.top + box.height);
      c.stroke();
    }
    c.restore();
  }

  function zones(u) {
    const box = u.bbox, low = u.scales.y.min, [yellow, red] = data.thresholds;
    const y = v => Math.min(box.top + box.height, Math.max(box.top, u.valToPos(v, 'y', true)));
    return [['red', red, Infinity, 'RED from ' + axisPercent(red)], ['yellow', yellow, red, 'YELLOW from ' + axisPercent(yellow)],
      ['green', low, yellow, 'GREEN below ' + axisPercent(yellow)]]
      .map(([name, from, to, text]) => ({ name, text, top: y(Math.min(to, u.scales.y.max)), bottom: y(Math.max(from, low)) }))
      .filter(zone => zone.bottom - zone.top >= 1);
  }

  function paintColours(u) {
    const c = u.ctx;
    for (const zone of zones(u)) {
      c.fillStyle = alpha(css(zone.name), Number(css('band')));
      c.fillRect(u.bbox.left, zone.top, u.bbox.width, zone.bottom - zone.top);
    }
  }

  /* Above the lines, with a rim of paper: a name that a line runs through can't be read. */
  function nameColours(u) {
    const c = u.ctx, dpr = devicePixelRatio;
    c.save();
    c.font = 600 + ' ' + 11 * dpr + 'px ' + getComputedStyle(document.body).fontFamily;
    c.textBaseline = 'middle';
    c.textAlign = 'left';
    c.lineWidth = 3 * dpr;
    c.lineJoin = 'round';
    c.strokeStyle = css('paper');
    for (const zone of zones(u)) {
      const room = zone.bottom - zone.top;
      if (room < 13 * dpr) continue;
      const y = zone.name === 'green' ? zone.top + Math.min(room / 2, 9 * dpr) : zone.bottom - Math.min(room / 2, 9 * dpr);
      c.strokeText(zone.text, u.bbox.left + 7 * dpr, y);
      c.fillStyle = css(zone.name + '-text');
      c.fillText(zone.text, u.bbox.left + 7 * dpr, y);
    }
    c.restore();
  }

  /* ---- strips of colours under the score, on its axis ---- */
  Panel.prototype.drawLanes = function () {
    if (!this.lanes || !this.chart) return;
    const box = this.chart.bbox, dpr = devicePixelRatio;
    const left = Math.round(box.left / dpr), width = Math.round(box.width / dpr);
    const x = at => (Math.min(range[1], Math.max(range[0], at)) - range[0]) / (range[1] - range[0]) * width;
    this.lanes.replaceChildren();
    for (const lane of this.spec.lanes) {
      if (this.hidden.has(lane.group) || !lane.strips.length) continue;
      if (lane.named) this.lanes.append(element('div', { class: 'name', style: 'margin-left:' + left + 'px', text: lane.name }));
      for (const [long, label, steps] of lane.strips) {
        const height = 22;
        const svg = svgElement('svg', { width, height, role: 'img', 'aria-label': 'Rating of ' + lane.name + (long ? ', ' + long : '') + ': ' + spoken(steps) });
        steps.forEach(([from, letter], i) => {
          const to = i + 1 < steps.length ? steps[i + 1][0] : all[1];
          const a = x(from), b = x(to), r = RATINGS[letter];
          if (b - a < 0.05) return;
          const tall = height * r.height;
          const bar = svgElement('rect', { x: a, y: height - tall, width: Math.max(b - a, 0.7), height: tall, fill: 'var(--' + r.color + ')' });
          bar.append(title(r.word + ' from ' + dateWords(from) + ' ' + hour(from) + ' UTC'));
          svg.append(bar);
          const word = b - a > 70 ? r.word : b - a > 13 && letter !== 'U' ? letter : '';
          if (word) {
            const inside = r.height >= 0.7;
            const text = svgElement('text', { x: (a + b) / 2, y: inside ? height - tall / 2 + 4 : height - tall - 3, 'text-anchor': 'middle', 'font-size': inside ? 11 : 10,
              fill: inside ? 'var(--on-' + r.color + ')' : 'var(--soft)' });
            text.textContent = word;
            svg.append(text);
          }
        });
        for (const [from, until, how] of lane.stopped) {
          const a = x(from), b = x(until);
          if (b - a < 0.05) continue;
          const bar = svgElement('rect', { x: a, y: 0, width: Math.max(b - a, 1.5), height: 4, fill: 'var(--ink)' });
          bar.append(title(how + ' from ' + dateWords(from)));
          svg.append(bar);
        }
        this.lanes.append(element('div', { class: 'lane' }, element('span', { class: 'who', style: 'width:' + left + 'px', text: label }), svg));
      }
    }
  };

  function title(text) {
    const e = svgElement('title', {});
    e.textContent = text;
    return e;
  }

  function spoken(steps) {
    const words = steps.slice(0, 12).map(([from, letter]) => RATINGS[letter].word + ' from ' + dateWords(from));
    if (steps.length > 12) words.push('and ' + (steps.length - 12) + ' more changes, in the table below');
    return words.join('; ');
  }

  /* ---- the charts of a run ---- */
  const at = (xs, ys, t) => { const i = before(xs, t); return i < 0 ? null : ys[i]; };
  // Beyond eight, colours come again, dashed.
  const color = n => 's' + n % 8, dashes = n => n > 7 ? (n > 15 ? [2, 3] : [5, 3]) : undefined;

  /* What strips show: whose, what they are called, and when nothing could be sent. */
  const numberLanes = () => data.numbers.map((name, n) => ({
    group: 'n' + n, name, named: data.numbers.length > 1,
    strips: [['by the rules', 'rules', data.rules[n]], ['as the platform reported', 'platform', data.platform[n]]].filter(l => l[2].length),
    stopped: (data.stopped[n] || []).map(([from, until]) => [from, until, 'account restricted, locked or disabled']),
  }));

  /* Which templates are not here, and why. */
  const leftOut = () => data.templates.left_out
    ? ' ' + (data.templates.left_out === 1 ? 'One template' : data.templates.left_out + ' templates') + ' with fewer messages delivered ' +
      (data.templates.left_out === 1 ? 'is' : 'are') + ' not shown; template_daily.csv has all.' : '';

  /* A line for each template, the most messages first; of many the first few until others are asked for. */
  function templateRates(host, key, chartTitle, what) {
    const all = data.templates.all, days = t => t[key].map((_, d) => Math.min(dayStart(d + 1), data.end));
    if (!all.some(t => t[key].some(v => v > 0))) return;
    const series = all.map((t, i) => ({ name: t.name, color: color(i), group: 't' + i, xs: days(t), ys: t[key], dash: dashes(i) }));
    new Panel(host, {
      title: chartTitle, height: 220, least: '13rem', series, axis: axisPercent, floor: key === 'read' ? 0.05 : data.thresholds[0] * 1.25,
      log: key !== 'read', off: i => i >= FIRST_TEMPLATES,
      says: what + ' per message delivered, over ' + data.templates.span + ' days up to each day’s end' +
        (data.replications > 1 ? ', in replication 1' : '') + '. No line where fewer than ' + data.templates.least + ' messages were delivered in them.' +
        (all.length > FIRST_TEMPLATES ? ' Those with the most messages are on; press a name to add or remove its line.' : '') + leftOut(),
      paint: paintTime,
      tell: (group, t) => {
        const template = all[Number(group.slice(1))], v = at(days(template), template[key], t);
        return v == null ? '–' : percent(v);
      },
    });
  }
  const FIRST_TEMPLATES = 8;

  /* Strips of colours, by the hour. */
  function templatesChart(host) {
    const rated = data.templates.all.filter(t => t.colours.length || t.stopped.length);
    // Of one alone words are enough.
    if (rated.length < 2) return;
    const series = rated.map((t, i) => {
      const xs = [...new Set(t.colours.map(c => c[0]).concat(t.stopped.flatMap(s => s.slice(0, 2))))].sort((a, b) => a - b);
      return { name: t.name, color: 's4', group: 't' + i, xs, ys: xs.map(() => null) };
    });
    new Panel(host, {
      title: 'Ratings of templates', height: 66, least: '15rem', floor: 1, flat: true, series,
      says: 'The colour of each template by the rules' + (data.replications > 1 ? ', in replication 1' : '') + '.' +
        (rated.some(t => t.stopped.length) ? ' Dark bar on a strip: paused or disabled.' : '') +
        ' A template that the rules decided nothing about is not here.' + leftOut(),
      lanes: rated.map((t, i) => ({ group: 't' + i, name: t.name, named: true, strips: [['', '', t.colours]].filter(l => l[2].length), stopped: t.stopped })),
      paint: paintTime,
      tell: (group, t) => {
        const template = rated[Number(group.slice(1))], letter = colourAt(template.colours, t);
        const stop = template.stopped.find(([from, until]) => from <= t && t < until);
        return (letter ? RATINGS[letter].word : 'not rated') + (stop ? ' · ' + stop[2] : '');
      },
    });
  }

  function scoreChart(host) {
    const series = [];
    data.numbers.forEach((name, n) => {
      const xs = [], s = data.scores[n];
      s.t.reduce((sum, step) => { xs.push(sum + step); return sum + step; }, 0);
      const spread = data.spreads[n] || [], group = 'n' + n;
      if (spread.length > 1) {
        const days = spread.map(p => Math.min(dayStart(p[0] + 1), data.end));
        series.push({ name, color: color(n), group, band: 'high', xs: days, ys: spread.map(p => p[3]) });
        series.push({ name, color: color(n), group, band: 'low', xs: days, ys: spread.map(p => p[1]) });
      }
      series.push({ name, color: color(n), group, xs, ys: s.v, dash: dashes(n) });
    });
    if (!series.some(s => s.ys.some(v => v != null))) return nothing(host, 'Score and rating', 'Nothing to show: no score could be worked out.');
    const spread = data.spreads.some(s => s.length > 1);
    new Panel(host, {
      title: 'Score and rating', height: 300,
      least: data.platform.some(p => p.length) ? '24rem' : '15rem', lanes: numberLanes(), log: true, axis: axisPercent, series,
      floor: data.thresholds[0] * 1.25,
      says: 'Score: weighted negative signals per message in the rating window. Thresholds of the colours are assumed.' +
        (spread ? ' Shaded: ' + data.spread + ', at the ends of days.' : '') +
        (data.rules.some(r => r.some(c => c[1] === 'U')) ? ' No line where a number is not rated.' : '') +
        (data.stopped.some(s => s.length) ? ' Dark bar on a strip: the account is stopped.' : '') + timeWords(),
      paint: u => { paintColours(u); paintTime(u); }, over: nameColours,
      tell: (group, t) => {
        const n = Number(group.slice(1)), line = series.find(s => s.group === group && !s.band);
        const v = at(line.xs, line.ys, t), letter = colourAt(data.rules[n], t), platform = colourAt(data.platform[n], t);
        const words = [v == null ? 'no score' : percent(v)];
        if (letter) words.push(RATINGS[letter].word);
        if (platform) words.push('platform: ' + RATINGS[platform].word);
        return words.join(' · ');
      },
      // Spreads are those of days' ends: another hour's score of one replication may lie outside.
      also: t => {
        const day = Math.min(data.days - 1, Math.max(0, Math.ceil((t - data.first_day) / DAY) - 1));
        const parts = data.numbers.map((name, n) => {
          const p = series.some(s => s.group === 'n' + n && s.band) && data.spreads[n].find(p => p[0] === day);
          return p ? (data.numbers.length > 1 ? name + ' ' : '') + percent(p[1]).replace(' %', '') + '–' + percent(p[3]) : '';
        });
        const told = parts.filter(Boolean);
        return told.length ? ' · ' + data.spread_short + ' at the day’s end: ' + told.join(', ') : '';
      },
    });
  }

  function timeWords() {
    const words = [];
    if (data.warm > data.start) words.push('Grey: warm-up.');
    for (const [from, name] of data.eras) words.push('Dashed upright: rules ' + name + ' from ' + dateWords(from) + '.');
    return words.length ? ' ' + words.join(' ') : '';
  }

  function limitChart(host, p) {
    const times = [data.start].concat(p.steps.map(s => s[0]), [all[1]]);
    const limits = [p.start].concat(p.steps.map(s => s[1]));
    limits.push(limits[limits.length - 1]);
    const shown = limits.map(v => typeof v === 'number' ? v : null);
    // A day's value stands over its day, and over the last one to the end.
    const over = days => days.map(d => Math.max(dayStart(d), data.start)).concat([data.end]);
    const held = values => values.concat(values.slice(-1));
    const days = over(p.slots.map((_, d) => d)), slots = held(p.slots);
    const series = [{ name: 'Limit', color: 's4', group: 'limit', xs: times, ys: shown, step: true, width: 2, dash: [6, 3] }];
    if (p.slots_spread.length > 1) {
      const xs = over(p.slots_spread.map(r => r[0])), edge = i => held(p.slots_spread.map(r => r[i]));
      series.push({ name: 'Slots', color: 's0', group: 'slots', band: 'high', xs, ys: edge(3), step: true });
      series.push({ name: 'Slots', color: 's0', group: 'slots', band: 'low', xs, ys: edge(1), step: true });
    }
    series.push({ name: 'Slots at the day’s end', color: 's0', group: 'slots', xs: days, ys: slots, step: true });
    const most = Math.max(0, ...p.slots), highest = Math.max(0, ...shown.filter(v => v != null));
    if (!most && p.start == null) return nothing(host, 'Messaging limit and slots in use', 'Nothing to show: no limit is known.');
    new Panel(host, {
      title: 'Messaging limit and slots in use' + (data.limits.length > 1 ? ': ' + p.label : ''), height: 230, series, least: '18rem',
      log: true, logFirst: most > 0 && highest > 12 * most, axis: axisCount, floor: 1,
      says: 'Different people who may be sent a first message in the moving period, and how many have been.' +
        (p.slots_spread.length > 1 ? ' Shaded: ' + data.spread + '.' : ''),
      paint: paintTime,
      tell: (group, t) => {
        if (group === 'limit') {
          const v = at(times, limits, t);
          return v == null ? '–' : typeof v === 'number' ? thousands(v) + ' people' : v;
        }
        const v = at(days, slots, t);
        return v == null ? '–' : thousands(v) + ' people';
      },
      also: t => {
        const i = before(p.steps.map(s => s[0]), t);
        return i < 0 ? '' : ' · last step ' + dateWords(p.steps[i][0]) + ': ' + p.steps[i][2];
      },
    });
  }

  /* Up to three below each other; of more, the one that is asked for. */
  function limitCharts(host) {
    if (data.limits.length <= 3) return data.limits.forEach(p => limitChart(host, p));
    const choice = element('select', {}, ...data.limits.map((p, i) => element('option', { value: String(i), text: p.label })));
    const place = element('div', {});
    host.append(element('p', { class: 'choice' }, element('label', {}, 'Limit of ', choice)), place);
    const show = () => {
      const old = panels.findIndex(p => place.contains(p.element));
      if (old >= 0) panels.splice(old, 1)[0].chart.destroy();
      place.replaceChildren();
      limitChart(place, data.limits[Number(choice.value)]);
      tell(told);
    };
    choice.addEventListener('change', show);
    show();
  }

  function countsChart(host, chartTitle, says, which) {
    const f = data.funnel, xs = f.sent.map((_, d) => Math.max(dayStart(d), data.start)).concat([all[1]]);
    const series = which.map(([key, name, dash]) => ({
      name, color: key, group: key, xs, ys: f[key].concat(f[key].slice(-1)), step: true, dash,
    }));
    if (!which.some(([key]) => f[key].some(v => v > 0))) return nothing(host, chartTitle, 'Nothing to show: none in this run.');
    new Panel(host, {
      title: chartTitle, says, height: 220, series, axis: axisCount, floor: 1, daily: true, log: true, paint: paintTime,
      tell: (group, t) => thousands(f[group][Math.min(f[group].length - 1, Math.max(0, Math.floor((t - data.first_day) / DAY)))]),
    });
  }

  function nothing(host, heading, why) {
    host.append(element('section', { class: 'panel' }, element('h3', { text: heading }), element('p', { class: 'nothing', text: why })));
  }

  if (data) {
    const host = document.getElementById('live');
    // Nothing rates or limits numbers of the Business app.
    if (data.judged) {
      scoreChart(host);
      templatesChart(host);
      templateRates(host, 'negative', 'Blocks and reports of templates', 'Blocks and reports');
      templateRates(host, 'read', 'Reads of templates', 'Reads seen');
      limitCharts(host);
    }
    countsChart(host, 'Messages per day', 'All numbers, by UTC day: what was sent, what reached a device, what was read with receipts on, what was refused.',
      [['sent', 'Sent'], ['delivered', 'Delivered'], ['read', 'Read'], ['refused', 'Refused', [6, 3]]]);
    countsChart(host, 'Blocks and reports per day', 'All numbers, by the UTC day on which they happened.',
      [['blocked', 'Blocks'], ['reported', 'Reports', [6, 3]]]);
    tell(null);
    const redraw = () => { panels.forEach(p => p.draw()); tell(told); };
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
    let seen = innerWidth;
    addEventListener('resize', () => {
      if (innerWidth === seen) return;
      seen = innerWidth;
      panels.forEach(p => { p.chart.setSize({ width: p.width(), height: p.spec.height || 260 }); p.drawLanes(); });
    });
  }

  /* ---- tables that sort ---- */
  const figure = text => {
    const match = text.replace(/,/g, '').match(/[-−]?\d+(\.\d+)?/);
    return match ? Number(match[0].replace('−', '-')) : NaN;
  };
  for (const table of document.querySelectorAll('table.sortable')) {
    const rows = [...table.tBodies[0].rows];
    [...table.tHead.rows[0].cells].forEach((th, column) => {
      const button = element('button', { type: 'button', text: th.textContent });
      th.replaceChildren(button);
      th.setAttribute('aria-sort', 'none');
      button.addEventListener('click', () => {
        const now = th.getAttribute('aria-sort'), figures = th.classList.contains('figure');
        const next = now === 'none' ? (figures ? 'descending' : 'ascending') : now === 'ascending' ? 'descending' : 'ascending';
        for (const other of table.tHead.rows[0].cells) other.setAttribute('aria-sort', 'none');
        th.setAttribute('aria-sort', next);
        const sign = next === 'ascending' ? 1 : -1;
        const cell = row => row.cells[column] ? row.cells[column].textContent : '';
        const order = (a, b) => {
          if (!figures) return sign * cell(a).localeCompare(cell(b), 'en', { numeric: true });
          const x = figure(cell(a)), y = figure(cell(b));
          if (isNaN(x) || isNaN(y)) return isNaN(x) - isNaN(y);
          return sign * (x - y);
        };
        table.tBodies[0].append(...rows.slice().sort(order));
      });
    });
  }

  /* ---- the timeline's filters ---- */
  const filters = document.getElementById('filters');
  if (filters) {
    const rows = [...document.querySelectorAll('#verdicts tbody tr')], whom = document.getElementById('whom');
    const shown = document.getElementById('shown');
    const apply = () => {
      const on = new Set([...filters.querySelectorAll('button[aria-pressed=true]')].map(b => b.dataset.group));
      let count = 0;
      for (const row of rows) {
        row.hidden = !on.has(row.dataset.g) || !!(whom && whom.value && row.cells[2].textContent !== whom.value);
        count += !row.hidden;
      }
      shown.textContent = count === rows.length ? '' : count + ' of ' + rows.length + ' rows shown.';
    };
    filters.addEventListener('click', e => {
      const button = e.target.closest('button');
      if (!button) return;
      button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
      apply();
    });
    if (whom) whom.addEventListener('change', apply);
  }

  /* ---- command lines that go to the clipboard ---- */
  for (const place of document.querySelectorAll('.command')) {
    const button = element('button', { type: 'button', class: 'live', text: 'Copy' }), code = place.querySelector('code');
    const say = text => {
      button.textContent = text;
      document.getElementById('copied').textContent = text;
      setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    };
    // Where a browser keeps the clipboard from pages of the disk, the line is at least marked.
    const mark = () => {
      getSelection().selectAllChildren(code);
      say(document.execCommand && document.execCommand('copy') ? 'Copied' : 'Press Ctrl+C');
    };
    button.addEventListener('click', () => {
      if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(() => say('Copied'), mark);
      else mark();
    });
    place.append(button);
  }

  /* ---- paper shows what is folded away on screens ---- */
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('details:not([open])')];
    opened.forEach(d => { d.open = true; });
  });
  addEventListener('afterprint', () => opened.forEach(d => { d.open = false; }));

  /* For tests that look over the page's shoulder. */
  window.report = { data, panels };
})();
