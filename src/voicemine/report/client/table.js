// The theme table: sort by a column, search, filter.
const table = document.getElementById('theme-table');
const body = table.tBodies[0];
const rows = [...body.rows];
const filters = document.getElementById('filters');
const search = document.getElementById('search');
const haystack = new Map();

function wordsOf(row) {
  let text = haystack.get(row);
  if (text === undefined) {
    const panel = document.getElementById('theme-' + row.dataset.id);
    text = (row.textContent + ' ' + (panel ? panel.textContent : '')).toLowerCase();
    haystack.set(row, text);
  }
  return text;
}

function say(text) { document.getElementById('said').textContent = text; }

// The lens: how many items of a source, segment and time say each theme.
const lensBoxes = [...filters.querySelectorAll('[data-lens]')];
const steps = data.lens.themes;
const places = new Map(data.themes.map(([id], i) => [id, i]));

function share(count, total) {
  // Wilson's 95 % interval.
  const p = count / total, z = 1.96, z2 = z * z, middle = (p + z2 / (2 * total)) / (1 + z2 / total);
  const half = z / (1 + z2 / total) * Math.sqrt(p * (1 - p) / total + z2 / (4 * total * total));
  const text = (v) => { const q = Math.max(v, 0) * 100; return q && q < .1 ? '<0.1%' : (q >= 9.95 ? q.toFixed(0) : q.toFixed(1).replace('.0', '')) + '%'; };
  return `${text(p)} (${text(count ? middle - half : 0)} to ${text(Math.min(middle + half, 1))})`;
}

function applyLens() {
  const chosen = lensBoxes.filter((s) => s.value !== '');
  const on = chosen.length > 0;
  table.classList.toggle('lensed', on);
  if (!on) { for (const row of rows) row.dataset.selected = ''; return false; }
  const inside = new Uint8Array(data.lens.n).fill(1);
  for (const select of chosen) {
    const key = select.dataset.lens, value = +select.value;
    const items = key === 'from' || key === 'to' ? data.lens.periods.items : data.lens.fields[+key].items;
    for (let i = 0; i < items.length; i++) {
      if (items[i] < 0 || (key === 'from' ? items[i] < value : key === 'to' ? items[i] > value : items[i] !== value)) inside[i] = 0;
    }
  }
  let total = 0;
  for (const one of inside) total += one;
  for (const row of rows) {
    let count = 0, at = 0;
    for (const step of steps[places.get(row.dataset.id)]) { at += step; count += inside[at]; }
    row.dataset.selected = count;
    const cell = row.querySelector('.selected');
    cell.querySelector('.fact').textContent = count.toLocaleString('en');
    cell.querySelector('.note').textContent = total ? share(count, total) : '';
  }
  document.getElementById('lens-total').textContent = `of ${total.toLocaleString('en')} items`;
  return true;
}

// Long tables are shown in pages: laying out thousands of rows would make every click wait.
const PAGE = 100;
let limit = PAGE;
const more = document.getElementById('more');

function applyFilters() {
  const lensed = applyLens();
  const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = [...filters.querySelectorAll('[data-filter]')].filter((s) => s.value);
  let count = 0;
  for (const row of rows) {
    const fits = (!lensed || +row.dataset.selected > 0) && chosen.every((s) => row.dataset[s.dataset.filter] === s.value) &&
      (!wanted.length || wanted.every((w) => wordsOf(row).includes(w)));
    count += fits ? 1 : 0;
    row.hidden = !fits || count > limit;
    row.classList.remove('later');
  }
  more.hidden = count <= limit;
  more.textContent = `Show ${Math.min(PAGE, count - limit)} more of ${count}`;
  const text = count === rows.length ? `${count} themes` : `${count} of ${rows.length} themes`;
  document.getElementById('shown').textContent = text;
  say(text);
}

function sortBy(head, descending) {
  const key = head.dataset.sort;
  const of = (row) => key === 'name' || key === 'status' ? (key === 'name' ? row.cells[1].textContent : row.dataset.status)
    : row.dataset[key === 'trend' ? 'rank' : key];
  const text = key === 'name' || key === 'status';
  rows.sort((a, b) => {
    const x = of(a), y = of(b);
    // What has no figure comes last whichever way one sorts.
    if (!text && (x === '' || y === '')) return (x === '') - (y === '') || a.dataset.rank - b.dataset.rank;
    const order = text ? x.localeCompare(y) : x - y;
    return (descending ? -order : order) || a.dataset.rank - b.dataset.rank;
  });
  body.append(...rows);
  applyFilters();
  for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
  say(`Sorted by ${head.textContent.trim()}, ${descending ? 'highest' : 'lowest'} first`);
}

for (const head of table.tHead.rows[0].cells) {
  if (!head.dataset.sort || head.dataset.sort === 'trend') continue;
  const button = document.createElement('button');
  button.type = 'button';
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener('click', () => {
    const now = head.getAttribute('aria-sort');
    const firstDown = !['rank', 'name', 'status', 'impact'].includes(head.dataset.sort);
    sortBy(head, now ? now === 'ascending' : firstDown);
  });
}
filters.hidden = false;
filters.addEventListener('input', () => { limit = PAGE; applyFilters(); });
more.addEventListener('click', () => { limit += PAGE; applyFilters(); });
addEventListener('beforeprint', () => { limit = Infinity; applyFilters(); });
filters.addEventListener('submit', (event) => event.preventDefault());
filters.addEventListener('reset', () => setTimeout(applyFilters));
applyFilters();
