// Keeps the page up to date. Without this script, the page works and has to be reloaded.
'use strict';

const form = document.querySelector('form');
const live = document.getElementById('live');
const state = document.getElementById('state');
const typingPause = 250;
const retryPause = 30000;
let source = null;
let timer = 0;

function query() {
  const fields = [...new FormData(form)].filter(([, value]) => value !== '');
  return new URLSearchParams(fields).toString();
}

function say(text, isLive) {
  if (state.textContent !== text) state.textContent = text;
  state.classList.toggle('live', isLive);
}

function follow() {
  clearTimeout(timer);
  source?.close();
  if (document.hidden) return;
  source = new EventSource(`./events?${query()}`);
  source.onmessage = ({ data }) => {
    update(live, new DOMParser().parseFromString(`<div>${data}</div>`, 'text/html').body.firstChild);
    say('Live', true);
  };
  source.onerror = ({ target }) => {
    if (target.readyState === EventSource.CLOSED) {
      say('Not live: the gateway refused. Trying again soon.', false);
      timer = setTimeout(follow, retryPause);
    } else {
      say('Connection lost. Reconnecting …', false);
    }
  };
}

// Makes an element like another one and keeps what is the same in it, so that the focus, a selection and the place on the
// page stay.
function update(element, wanted) {
  if (element.isEqualNode(wanted)) return;
  for (const { name } of [...element.attributes]) {
    if (!wanted.hasAttribute(name) && name !== 'id') element.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  const known = new Map([...element.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = element.firstChild;
  for (const child of [...wanted.childNodes]) {
    const same = child.id ? known.get(child.id) : isAlike(place, child) ? place : null;
    if (!same) {
      element.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else element.insertBefore(same, place);
    if (same.nodeType === Node.ELEMENT_NODE) update(same, child);
    else if (same.data !== child.data) same.data = child.data;
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

function isAlike(one, other) {
  return one !== null && one.nodeName === other.nodeName && !one.id;
}

function show() {
  history.replaceState(null, '', `./?${query()}`);
  follow();
}

form.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(show, typingPause);
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  show();
});
// A browser has few connections to one server, and a page that nobody sees needs none.
document.addEventListener('visibilitychange', follow);
follow();
