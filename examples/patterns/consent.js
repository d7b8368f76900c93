/** Consent withdrawn in one tab stops all of them, and the page loads to come; given again, all go on. */
const REFUSED = 'no-capture';

function obey() {
  if (localStorage.getItem(REFUSED)) FS('shutdown');
  else ['restart', 'start'].forEach((call) => FS(call)); // stopped, or never begun: whichever it was
}

export function withdraw() {
  FS('setIdentity', { consent: false }); // recorded while there is still capture
  localStorage.setItem(REFUSED, '1');
  obey();
}

export function grant() {
  localStorage.removeItem(REFUSED);
  obey();
  FS('setIdentity', { consent: true });
}

addEventListener('storage', ({ key }) => key === REFUSED && obey()); // the other tabs
addEventListener('pageshow', ({ persisted }) => persisted && obey()); // and a page that the cache gives back
