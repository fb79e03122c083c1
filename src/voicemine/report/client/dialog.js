const data = JSON.parse(document.getElementById('data').textContent);

// A panel lies in the page and shows by its address (#theme-…) even without this script; with it, it opens in a drawer.
const drawer = document.getElementById('drawer');
const holder = document.getElementById('drawer-body');
let shownPanel = null, before = null;

function putBack() {
  if (!shownPanel) return;
  const title = shownPanel.querySelector('#drawer-title');
  if (title) title.id = title.dataset.id;
  document.getElementById('panels').append(shownPanel);
  shownPanel = null;
}

function openPanel(panel) {
  putBack();
  if (!drawer.open) before = document.activeElement;
  const title = panel.querySelector('h3');
  title.dataset.id = title.id;
  title.id = 'drawer-title';
  holder.replaceChildren(panel);
  shownPanel = panel;
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  // The browser itself scrolls to an address; the title must come first.
  requestAnimationFrame(() => { drawer.scrollTop = 0; });
}

function followAddress() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id && document.getElementById(id);
  if (target && target.classList.contains('panel')) openPanel(target);
  else if (drawer.open) drawer.close();
}

drawer.addEventListener('close', () => {
  putBack();
  // The address must forget the panel, or a second click on the same link would do nothing.
  if (/^#(theme|cell|persona)-/.test(location.hash)) history.replaceState(null, '', location.pathname + location.search);
  if (before && before.isConnected) before.focus({ preventScroll: true });
});
drawer.addEventListener('click', (event) => { if (event.target === drawer) drawer.close(); });
document.getElementById('drawer-close').addEventListener('click', () => drawer.close());
document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!target || !target.classList.contains('panel')) return;
  event.preventDefault();
  history.replaceState(null, '', link.hash);
  openPanel(target);
});
function openLink(id) {
  history.replaceState(null, '', '#' + encodeURIComponent(id));
  openPanel(document.getElementById(id));
}
addEventListener('hashchange', followAddress);
