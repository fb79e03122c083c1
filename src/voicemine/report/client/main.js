// The colour scheme: the system's unless the reader chooses.
const scheme = document.getElementById('scheme');
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
function isDark() {
  const chosen = document.documentElement.dataset.scheme;
  return chosen ? chosen === 'dark' : prefersDark.matches;
}
function nameScheme() { scheme.textContent = isDark() ? 'Light' : 'Dark'; scheme.setAttribute('aria-label', `Use ${scheme.textContent.toLowerCase()} colours`); }
scheme.hidden = false;
scheme.addEventListener('click', () => {
  document.documentElement.dataset.scheme = isDark() ? 'light' : 'dark';
  nameScheme();
  dispatchEvent(new Event('schemechange'));
});
prefersDark.addEventListener('change', nameScheme);
nameScheme();

// The section in view is marked in the navigation.
const links = new Map([...document.querySelectorAll('.top nav a')].map((a) => [a.hash.slice(1), a]));
const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const [id, link] of links) link.toggleAttribute('aria-current', id === entry.target.id);
  }
}, { rootMargin: '-30% 0px -60% 0px' });
for (const id of links.keys()) { const section = document.getElementById(id); if (section) watch.observe(section); }

// Everything folded away is printed too.
addEventListener('beforeprint', () => { for (const d of document.querySelectorAll('details:not(.screen)')) d.open = true; });

// One lens at a time; without this script all are shown.
const lensSwitch = document.getElementById('lens-switch');
if (lensSwitch) {
  const show = () => {
    const chosen = lensSwitch.querySelector(':checked').value;
    for (const lens of document.querySelectorAll('.lens')) lens.hidden = lens.id !== chosen;
  };
  lensSwitch.hidden = false;
  lensSwitch.addEventListener('change', show);
  show();
}
followAddress();
