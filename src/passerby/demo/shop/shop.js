// The shop's own code: what a customer may do, and the calls that an app makes at each step.
"use strict";

const IDLE_S = 30;
const KIOSK_S = 20;
const customers = JSON.parse(document.body.dataset.customers);
const one = (selector) => document.querySelector(selector);
const kept = (name, fallback) => JSON.parse(localStorage.getItem(name) ?? JSON.stringify(fallback));
const keep = (name, value) => localStorage.setItem(name, JSON.stringify(value));

let customer = null;
let lastInput = Date.now();
let isBusy = false;
let turns = 0;

// Asked twice if the network fails: each of these may be done twice.
async function ask(path, method = "POST") {
  const answer = await fetch(path, { method }).catch(() => fetch(path, { method }));
  return (await answer.json()).customer;
}

function tell(text, call = "") {
  const told = one("[data-told]");
  told.textContent = text;
  if (!call) return;
  const code = document.createElement("code");
  code.textContent = call;
  told.append(document.createElement("br"), code);
}

function identify(who) {
  const { uid, ...properties } = who;
  FS("setIdentity", { uid, properties });
}

// Each way in and out: the calls come in the order that keeps everything with whom it belongs to.
const doings = {
  async "log-in"(button) {
    customer = await ask(`/log-in/${button.dataset.customer}`);
    if (!kept("shop_incognito", false)) identify(customer);
    tell(`${customer.displayName} logged in. The session goes on; what came before is theirs now (ID-2).`, `FS('setIdentity', {uid: '${customer.uid}'})`);
  },
  async "log-out"() {
    await leave("button");
    location.assign("/");
  },
  async "switch-account"() {
    FS("trackEvent", { name: "Account Switched", properties: {} });
    const other = Object.keys(customers).find((key) => customers[key].uid !== customer.uid);
    customer = await ask(`/log-in/${other}`);
    identify(customer);
    tell(`Now it is ${customer.displayName}, on a new device: the first one's lane has ended (ID-5).`, `FS('setIdentity', {uid: '${customer.uid}'})`);
  },
  async "switch-workspace"() {
    const next = customer.workspace === "Home" ? "Studio" : "Home";
    FS("trackEvent", { name: "Workspace Switched", properties: { to: next } });
    if (!(await release())) return;
    customer = await ask(`/workspace/${next}`);
    identify(customer);
    tell(`The same person in ${next}: their old lane ended, a new one began (ID-6, ID-3).`, "FS('setIdentity', {anonymous: true}); FS('setIdentity', {uid: …})");
  },
  async force() {
    await ask("/log-out");
    tell("The shop's server has ended the login. This page finds out when it next asks…");
  },
  async incognito() {
    const on = !kept("shop_incognito", false);
    // At the end too, and by force: else the identify would take along all that was done unseen (ID-2).
    if (!(await release({ force: true }))) return;
    keep("shop_incognito", on);
    document.cookie = `shop_incognito=${Number(on)};path=/;max-age=31536000;SameSite=Lax`; // the server makes the pages for nobody meanwhile
    if (!on && customer) identify(customer);
    tell(on ? "Incognito: what you do now is nobody's." : customer ? `Back as ${customer.displayName}; what was done meanwhile stays nobody's.` : "Incognito is off.", "FS('setIdentity', {anonymous: true, force: true})");
  },
  idle() {
    keep("shop_idle", !kept("shop_idle", false));
    lastInput = Date.now();
  },
  async kiosk() {
    const on = !kept("shop_kiosk", false);
    keep("shop_kiosk", on);
    if (customer) await leave("kiosk");
    // By force: whoever checks in first is not who stood here before.
    else await release({ force: true });
    show();
  },
  async "check-in"(button) {
    customer = await ask(`/log-in/${button.dataset.customer}`);
    identify(customer);
    lastInput = Date.now();
    tell(`${customer.displayName} checked in. Do nothing for ${KIOSK_S} seconds and they are released.`, `FS('setIdentity', {uid: '${customer.uid}'})`);
  },
};

/** Lets the customer go; says so, and is false, where the browser keeps them all the same. */
async function release(options = {}) {
  try {
    await FS("setIdentityAsync", { anonymous: true, ...options });
    return true;
  } catch (error) {
    if (error.code !== "not_released") return true; // nothing is captured: then the record is gone without an answer
    tell("This browser still keeps the customer: a cookie could not be replaced. The console says what to do.");
    return false;
  }
}

// The event first, so that it is still the customer's; then the release; only then does anything navigate.
async function leave(by) {
  const name = customer ? customer.displayName : "Nobody";
  FS("trackEvent", { name: "Logged Out", properties: { by } });
  await ask("/log-out");
  customer = null;
  if (await release()) tell(`${name} is released (${by}). This browser is a new device now, and nobody's (ID-6).`, "FS('setIdentity', {anonymous: true})");
}

function secondsLeft() {
  const limit = kept("shop_kiosk", false) ? KIOSK_S : kept("shop_idle", false) ? IDLE_S : 0;
  return limit && customer ? Math.max(0, Math.ceil(limit - (Date.now() - lastInput) / 1000)) : null;
}

async function tick() {
  const left = secondsLeft();
  if (left === 0 && !isBusy) await busy(() => leave(kept("shop_kiosk", false) ? "kiosk timeout" : "idle timeout"));
  show();
}

// Whatever else ends the login, in another tab or on the server, is found here.
async function follow() {
  const turn = turns;
  if (isBusy) return;
  const now = await ask("/state", "GET");
  if (turn !== turns) return; // something was done meanwhile: the answer is of before
  if (customer && !now) await busy(() => leave("force"));
  else if (now && (!customer || customer.uid !== now.uid || customer.workspace !== now.workspace)) {
    customer = now;
    if (!kept("shop_incognito", false)) identify(customer);
  }
  show();
}

async function busy(doing) {
  isBusy = true;
  turns += 1;
  remember();
  try {
    await doing();
  } catch (error) {
    tell("That did not go through. Please try again.");
    throw error;
  } finally {
    isBusy = false;
    show();
  }
}

function show() {
  const [incognito, idle, kiosk] = ["shop_incognito", "shop_idle", "shop_kiosk"].map((name) => kept(name, false));
  one("[data-name]").textContent = customer ? `${customer.displayName} · ${customer.workspace}` : "Not logged in";
  for (const button of document.querySelectorAll('[data-do="log-out"], [data-do^="switch"], [data-do="force"]')) button.hidden = !customer;
  for (const button of document.querySelectorAll('.doings [data-do="log-in"]')) button.hidden = Boolean(customer);
  for (const [name, on] of [["incognito", incognito], ["idle", idle], ["kiosk", kiosk]]) {
    for (const button of document.querySelectorAll(`[data-do="${name}"][aria-pressed]`)) button.setAttribute("aria-pressed", String(on));
  }
  const left = secondsLeft();
  const mode = [incognito && "Incognito", kiosk && "Kiosk", left !== null && `released in ${left} s`].filter(Boolean).join(" · ");
  one("[data-mode]").hidden = !mode;
  one("[data-mode]").textContent = mode;
  const welcome = one("[data-kiosk]");
  if (kiosk && !customer && !welcome.open) welcome.showModal();
  if ((!kiosk || customer) && welcome.open) welcome.close();
}

// A device that is let go before the panel is drawn has its lane all the same.
function remember() {
  const session = FS("getSession", { format: "all" });
  const devices = kept("demo_devices", []);
  if (session && !devices.includes(session.userId)) keep("demo_devices", [...devices, session.userId].slice(-8));
}

async function draw() {
  if (document.hidden) return;
  remember();
  const answer = await fetch(`/panel?devices=${kept("demo_devices", []).join(",")}`);
  const panel = one("[data-panel]");
  const text = await answer.text();
  if (!answer.ok || !text.includes("<svg") || text === panel.dataset.last) return;
  panel.dataset.last = text;
  panel.innerHTML = text;
  localize(panel);
}

function report(element) {
  const { event, sku, price } = element.dataset;
  const value = event === "Order Completed" ? { value: Number(price) } : { price: Number(price) };
  FS("trackEvent", { name: event, properties: { sku, ...value } });
}

async function begin() {
  if (typeof FS !== "function") return tell("The service has no fs.js: build it with script/setup sdk, and start the demo again.");
  for (const type of ["pointerdown", "keydown", "scroll"]) addEventListener(type, () => { lastInput = Date.now(); }, { passive: true });
  document.addEventListener("click", (click) => {
    const button = click.target.closest("[data-do]");
    if (button && !isBusy) busy(() => doings[button.dataset.do](button));
    const reported = click.target.closest("[data-event-on=click]");
    if (reported) report(reported);
  });
  one("[data-kiosk]").addEventListener("cancel", (event) => event.preventDefault());
  await follow();
  for (const element of document.querySelectorAll("[data-event]:not([data-event-on])")) report(element);
  if (customer) tell(`${customer.displayName} is logged in.`);
  setInterval(tick, 500);
  setInterval(follow, 2000);
  setInterval(draw, 1500);
  draw();
}

begin();
