// The map of statements: a canvas with zoom, hover and click; nothing on it decides anything.
const points = data.map && data.map.n ? data.map : null;
if (points) {
  const canvas = document.getElementById('map-canvas'), box = document.getElementById('map-box');
  const tip = document.getElementById('map-tip'), legend = document.getElementById('map-legend');
  const ink = canvas.getContext('2d');
  // Okabe and Ito's colours, which the colour-blind can tell apart; only the largest themes get one, labels name the rest.
  const HUES = { light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#a07800', '#3d9fd6', '#6d4c9f', '#5a6b00'],
    dark: ['#56b4e9', '#ff9a4d', '#2fc79a', '#e59ac6', '#f0e442', '#9fd3f5', '#c0a5ee', '#b9cc4d'] };
  const STAGES = { light: ['#440154', '#46327e', '#365c8d', '#277f8e', '#1fa187', '#4ac16d', '#9fb52c', '#d4a800'],
    dark: ['#9d6bc9', '#8f86d8', '#6ea3d8', '#4fbccb', '#4fd0b4', '#7be08f', '#cbe05a', '#fde725'] };
  const groups = data.themes.map(() => ({ n: 0, xs: [], ys: [] }));
  for (let i = 0; i < points.n; i++) {
    const g = groups[points.t[i]];
    if (g) { g.n++; g.xs.push(points.x[i]); g.ys.push(points.y[i]); }
  }
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  const labels = groups.map((g, t) => ({ t, n: g.n, x: g.n ? middle(g.xs) : 0, y: g.n ? middle(g.ys) : 0 }))
    .filter((l) => l.n).sort((a, b) => b.n - a.n);
  const rankOf = new Map(labels.map((l, i) => [l.t, i]));
  // Points by square, for finding the one under the pointer.
  const CELL = 64, squares = new Map();
  for (let i = 0; i < points.n; i++) {
    const key = (points.x[i] / CELL | 0) * 128 + (points.y[i] / CELL | 0);
    if (!squares.has(key)) squares.set(key, []);
    squares.get(key).push(i);
  }
  const right = points.x.reduce((a, b) => Math.max(a, b), 1);
  const bottom = points.y.reduce((a, b) => Math.max(a, b), 1);
  let scale = 1, offX = 0, offY = 0, wide = 0, high = 0, mode = 'theme', lit = -1, hovered = -1, waiting = false;

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function fit() {
    const pad = 36;
    scale = Math.min((wide - 2 * pad) / right, (high - 2 * pad) / bottom);
    offX = (wide - right * scale) / 2;
    offY = (high - bottom * scale) / 2;
  }
  let whole = 1;
  function resize() {
    const first = !wide, before = wide;
    wide = box.clientWidth;
    high = box.clientHeight;
    const ratio = devicePixelRatio || 1;
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    ink.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (first || before !== wide) { fit(); whole = scale; }
    draw();
  }
  function colours() {
    const side = isDark() ? 'dark' : 'light', grey = css('--neutral');
    if (mode === 'theme') return { of: (i) => points.t[i] < 0 ? grey : HUES[side][rankOf.get(points.t[i])] || grey, faint: (i) => !(rankOf.get(points.t[i]) < 8) };
    if (mode === 'stage') return { of: (i) => points.g[i] >= points.stages.length - 1 ? grey : STAGES[side][Math.round(points.g[i] * 7 / Math.max(points.stages.length - 2, 1))], faint: (i) => points.g[i] >= points.stages.length - 1 };
    const sides = ['--negative', '--mixed', '--neutral', '--positive'].map(css);
    return { of: (i) => sides[points.s[i]], faint: (i) => points.s[i] === 2 };
  }
  function paint() {
    waiting = false;
    ink.clearRect(0, 0, wide, high);
    const { of, faint } = colours(), size = Math.max(2, Math.min(7, (points.n > 20000 ? 2 : 3.4) * Math.sqrt(scale / whole)));
    const batches = new Map();
    for (let i = 0; i < points.n; i++) {
      const x = points.x[i] * scale + offX, y = points.y[i] * scale + offY;
      if (x < -9 || y < -9 || x > wide + 9 || y > high + 9) continue;
      const dim = lit >= 0 && points.t[i] !== lit, key = of(i) + (dim ? '|0.12' : faint(i) ? '|0.35' : '|0.8');
      if (!batches.has(key)) batches.set(key, []);
      batches.get(key).push(x, y);
    }
    for (const [key, list] of [...batches].sort((a, b) => a[0].slice(-4) < b[0].slice(-4) ? -1 : 1)) {
      const [colour, alpha] = key.split('|');
      ink.fillStyle = colour;
      ink.globalAlpha = +alpha;
      ink.beginPath();
      if (points.n > 20000) for (let k = 0; k < list.length; k += 2) ink.rect(list[k] - size / 2, list[k + 1] - size / 2, size, size);
      else for (let k = 0; k < list.length; k += 2) { ink.moveTo(list[k] + size, list[k + 1]); ink.arc(list[k], list[k + 1], size, 0, 6.2832); }
      ink.fill();
    }
    ink.globalAlpha = 1;
    if (hovered >= 0) {
      ink.strokeStyle = css('--ink'); ink.lineWidth = 2; ink.beginPath();
      ink.arc(points.x[hovered] * scale + offX, points.y[hovered] * scale + offY, size + 3, 0, 6.2832); ink.stroke();
    }
    writeLabels();
  }
  function lines(text, width) {
    const out = [''];
    for (const word of text.split(' ')) {
      const longer = out[out.length - 1] ? out[out.length - 1] + ' ' + word : word;
      if (ink.measureText(longer).width > width && out[out.length - 1]) out.push(word); else out[out.length - 1] = longer;
    }
    if (out.length > 2) { out.length = 2; out[1] += ' …'; }
    return out.map((l) => l.length > 40 ? l.slice(0, 39) + '…' : l);
  }
  function writeLabels() {
    const taken = [], surface = css('--surface'), dark = css('--ink');
    ink.font = '600 12.5px ' + getComputedStyle(document.body).fontFamily;
    ink.textAlign = 'center'; ink.textBaseline = 'middle'; ink.lineJoin = 'round';
    for (const l of lit >= 0 ? labels.filter((x) => x.t === lit) : labels) {
      const x = l.x * scale + offX, y = l.y * scale + offY;
      if (x < 0 || y < 0 || x > wide || y > high) continue;
      const text = l.text ||= lines(data.themes[l.t][1], 150), w = l.half ||= Math.max(...text.map((s) => ink.measureText(s).width)) / 2 + 4, h = text.length * 8 + 3;
      const cx = Math.min(Math.max(x, w + 2), wide - w - 2), cy = Math.min(Math.max(y, h + 2), high - h - 2);
      if (taken.some((b) => Math.abs(b[0] - cx) < b[2] + w && Math.abs(b[1] - cy) < b[3] + h)) continue;
      taken.push([cx, cy, w, h]);
      text.forEach((s, k) => {
        const ly = cy + (k - (text.length - 1) / 2) * 15;
        ink.strokeStyle = surface; ink.lineWidth = 4; ink.globalAlpha = .9; ink.strokeText(s, cx, ly); ink.globalAlpha = 1;
        ink.fillStyle = dark; ink.fillText(s, cx, ly);
      });
    }
  }
  function draw() { if (!waiting) { waiting = true; requestAnimationFrame(paint); } }
  function zoom(factor, x = wide / 2, y = high / 2) {
    const next = Math.min(Math.max(scale * factor, whole * .7), whole * 40), real = next / scale;
    offX = x - (x - offX) * real; offY = y - (y - offY) * real; scale = next;
    draw();
  }
  function nearest(x, y) {
    const px = (x - offX) / scale, py = (y - offY) / scale, reach = 9 / scale;
    let best = -1, least = reach * reach;
    for (let a = Math.floor((px - reach) / CELL); a <= (px + reach) / CELL; a++)
      for (let b = Math.floor((py - reach) / CELL); b <= (py + reach) / CELL; b++)
        for (const i of squares.get(a * 128 + b) || []) {
          const d = (points.x[i] - px) ** 2 + (points.y[i] - py) ** 2;
          if (d < least && (lit < 0 || points.t[i] === lit)) { least = d; best = i; }
        }
    return best;
  }
  function showTip(i, x, y) {
    tip.hidden = i < 0;
    canvas.style.cursor = i >= 0 && points.t[i] >= 0 ? 'pointer' : 'grab';
    if (i < 0) return;
    const name = document.createElement('strong'), said = document.createElement('span'), note = document.createElement('em');
    name.textContent = points.t[i] < 0 ? 'In no theme' : data.themes[points.t[i]][1];
    said.textContent = points.text[i] || 'Words held back: too few customers say this.';
    said.dir = 'auto';
    note.textContent = `${points.sentiments[points.s[i]]}, ${points.stages[points.g[i]].toLowerCase()}`;
    tip.replaceChildren(name, said, note);
    tip.style.left = Math.min(x + 14, wide - tip.offsetWidth - 8) + 'px';
    tip.style.top = (y + tip.offsetHeight + 24 > high ? Math.max(y - tip.offsetHeight - 12, 4) : y + 16) + 'px';
  }
  const at = (event) => { const r = canvas.getBoundingClientRect(); return [event.clientX - r.left, event.clientY - r.top]; };
  const down = new Map();
  let moved = 0, spread = 0;
  canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); down.set(event.pointerId, at(event)); moved = 0; spread = 0; });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = at(event), last = down.get(event.pointerId);
    if (last) {
      down.set(event.pointerId, [x, y]);
      moved += Math.abs(x - last[0]) + Math.abs(y - last[1]);
      if (down.size === 2) {
        const [a, b] = [...down.values()], now = Math.hypot(a[0] - b[0], a[1] - b[1]);
        if (spread) zoom(now / spread, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        spread = now;
      } else { offX += x - last[0]; offY += y - last[1]; }
      showTip(-1);
      draw();
      return;
    }
    const found = nearest(x, y);
    if (found !== hovered) { hovered = found; draw(); }
    showTip(found, x, y);
  });
  for (const kind of ['pointerup', 'pointercancel']) canvas.addEventListener(kind, (event) => {
    down.delete(event.pointerId);
    if (kind === 'pointerup' && moved < 4) {
      const found = nearest(...at(event));
      if (found >= 0 && points.t[found] >= 0) openLink('theme-' + data.themes[points.t[found]][0]);
    }
  });
  canvas.addEventListener('pointerleave', () => { hovered = -1; showTip(-1); draw(); });
  // The wheel scrolls the page; with Ctrl (and so with a pinch on a touch pad) it zooms the map.
  canvas.addEventListener('wheel', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * .01), ...at(event));
  }, { passive: false });
  canvas.addEventListener('dblclick', (event) => zoom(2, ...at(event)));
  canvas.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { offX += step[0]; offY += step[1]; draw(); }
    else if (event.key === '+' || event.key === '=') zoom(1.4);
    else if (event.key === '-') zoom(1 / 1.4);
    else if (event.key === '0') { fit(); draw(); }
    else return;
    event.preventDefault();
  });
  document.getElementById('map-in').addEventListener('click', () => zoom(1.6));
  document.getElementById('map-out').addEventListener('click', () => zoom(1 / 1.6));
  document.getElementById('map-whole').addEventListener('click', () => { lit = -1; fit(); draw(); nameColours(); });

  function nameColours() {
    const side = isDark() ? 'dark' : 'light', grey = css('--neutral');
    let list;
    if (mode === 'theme') list = labels.slice(0, 8).map((l, i) => [HUES[side][i], data.themes[l.t][1], l.t]).concat([[grey, 'other themes and none', -1]]);
    else if (mode === 'stage') list = points.stages.map((s, i) => [i === points.stages.length - 1 ? grey : STAGES[side][Math.round(i * 7 / Math.max(points.stages.length - 2, 1))], s, -1]);
    else list = points.sentiments.map((s, i) => [['--negative', '--mixed', '--neutral', '--positive'].map(css)[i], s, -1]);
    legend.replaceChildren(...list.map(([colour, name, t]) => {
      const line = document.createElement('li'), key = document.createElement('span'), text = document.createElement(t >= 0 ? 'button' : 'span');
      key.className = 'key';
      key.style.background = colour;
      text.textContent = name;
      if (t >= 0) {
        text.type = 'button';
        text.className = 'plainbutton';
        text.setAttribute('aria-pressed', String(lit === t));
        text.addEventListener('click', () => { lit = lit === t ? -1 : t; draw(); for (const b of legend.querySelectorAll('button')) b.setAttribute('aria-pressed', String(b === text && lit === t)); });
      }
      line.append(key, text);
      return line;
    }));
  }
  document.getElementById('map-colour').addEventListener('change', (event) => { mode = event.target.value; lit = -1; nameColours(); draw(); });
  addEventListener('schemechange', () => { nameColours(); draw(); });
  prefersDark.addEventListener('change', () => { nameColours(); draw(); });
  new ResizeObserver(resize).observe(box);
  nameColours();
}
