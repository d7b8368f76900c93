// Takes the page's clock and timers over. Time goes on as it did; `pass` lets more of it pass, timer by timer.
(() => {
  if (window.__clock) return;
  const RealDate = Date;
  const later = setTimeout.bind(window);
  const every = setInterval.bind(window);
  const realNow = performance.now.bind(performance);
  const timers = new Map();
  const beganAt = realNow();
  let now = RealDate.now();
  let flowedTo = beganAt;
  let last = 1e9;
  let isPassing = false;
  const began = now;

  window.Date = new Proxy(RealDate, {
    apply: () => String(new RealDate(now)),
    construct: (target, given, made) => Reflect.construct(target, given.length ? given : [now], made),
    get: (target, name) => (name === 'now' ? () => now : target[name]),
  });
  performance.now = () => beganAt + now - began;
  const add = (act, ms, given, isRepeated) => {
    const wait = Math.max(Number(ms) || 0, isRepeated ? 1 : 0);
    timers.set(++last, { at: now + wait, every: isRepeated ? wait : 0, act: () => act(...given) });
    return last;
  };
  window.setTimeout = (act, ms, ...given) => add(act, ms, given, false);
  window.setInterval = (act, ms, ...given) => add(act, ms, given, true);
  window.clearTimeout = window.clearInterval = (timer) => void timers.delete(timer);

  const fire = (timer, { at, every: wait, act }) => {
    now = Math.max(now, at);
    if (wait) timers.get(timer).at = at + wait;
    else timers.delete(timer);
    try {
      act();
    } catch (error) {
      later(() => { throw error; });
    }
  };
  const pass = async (ms) => {
    const until = now + ms;
    isPassing = true;
    for (;;) {
      const [next] = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at);
      if (!next) break;
      fire(...next);
      await new Promise((keep) => later(keep));
    }
    now = until;
    isPassing = false;
    flowedTo = realNow();
  };
  every(() => {
    if (isPassing) return;
    const flowed = realNow() - flowedTo;
    flowedTo += flowed;
    void pass(Math.round(flowed));
  }, 10);
  window.__clock = { pass };
})()
