/**
 * What is seen without being told: page changes, clicks, changed fields, errors, visibility. Each can be switched off
 * for the org (WI-9 `auto`). No value a person typed is ever read; `fs-exclude` hides an element, `fs-mask` its text.
 */

export type Auto = Record<'navigate' | 'click' | 'change' | 'exception' | 'visibility', boolean>;

export interface Sink {
  /** The URL may have changed. */
  navigated(): void;
  /** Something was seen; `type` as in WI-4. */
  saw(type: string, name: string, properties: Record<string, string | number>): void;
  /** The user did something. */
  activity(): void;
  /** The page is hidden or left. */
  hide(): void;
}

const INPUTS = ['pointerdown', 'keydown', 'scroll', 'touchstart', 'wheel'];
const ACTIVITY_EVERY_MS = 1000;
const TEXT_CHARS_MAX = 100;
const NAME_CHARS_MAX = 250;
const DEPTH_MAX = 6;

/** Begins to watch; `wants` says whether the org wants a kind of event. */
export function watch(wants: (type: keyof Auto) => boolean, sink: Sink): void {
  let lastAt = 0;
  const on = (target: EventTarget, types: string[], listener: (event: any) => void): void =>
    types.forEach((type) => target.addEventListener(type, guarded(listener), { capture: true, passive: true }));

  on(window, INPUTS, () => {
    const now = Date.now();
    if (Math.abs(now - lastAt) < ACTIVITY_EVERY_MS) return;
    lastAt = now;
    sink.activity();
  });
  const navigated = (): void => {
    if (wants('navigate')) sink.navigated();
  };
  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    history[name] = function (this: History, ...args: Parameters<typeof original>): void {
      original.apply(this, args);
      guarded(navigated)(undefined);
    };
  }
  on(window, ['popstate', 'hashchange'], navigated);
  on(document, ['click', 'change'], ({ type, target }) => {
    const element = target && target.nodeType == 1 ? (target as Element) : null;
    if (!wants(type) || !element || element.closest('.fs-exclude')) return;
    const selector = selectorOf(element);
    const text = type == 'click' ? textOf(element) : '';
    sink.saw(type, text || selector, text ? { selector, text } : { selector });
  });
  on(window, ['error'], (event) => {
    if (wants('exception') && event.message) sawError(event.message, { source: event.filename, line: event.lineno, column: event.colno });
  });
  on(window, ['unhandledrejection'], ({ reason }) => {
    if (wants('exception')) sawError(String((reason && reason.message) || reason), {});
  });
  const sawError = (message: string, where: Record<string, any>): void =>
    sink.saw('exception', cut(message, NAME_CHARS_MAX) || 'Error', { message: cut(message, 1000), ...where });
  on(document, ['visibilitychange'], () => {
    const isHidden = document.visibilityState == 'hidden';
    if (wants('visibility')) sink.saw('visibility', isHidden ? 'hidden' : 'visible', {});
    if (isHidden) sink.hide();
  });
  on(window, ['pagehide'], sink.hide);
}

/** Whatever goes wrong in a listener of ours is not the page's to see. */
function guarded<T>(listener: (event: T) => void): (event: T) => void {
  return (event) => {
    try {
      listener(event);
    } catch (_) {
      return;
    }
  };
}

/** A path that stays when classes and styles change: ids, test names, tags with their place among their like. */
function selectorOf(element: Element): string {
  const steps: string[] = [];
  for (let one: Element | null = element; one && steps.length < DEPTH_MAX; one = one.parentElement) {
    const name = one.getAttribute('data-fs-element') || one.getAttribute('data-testid');
    const tag = one.tagName.toLowerCase();
    if (one.id && !/\d{3,}/.test(one.id)) {
      steps.unshift('#' + one.id);
      break;
    }
    if (name) {
      steps.unshift(`${tag}[${name}]`);
      break;
    }
    const like = one.parentElement ? Array.from(one.parentElement.children).filter((child) => child.tagName == one!.tagName) : [];
    steps.unshift(like.length > 1 ? `${tag}:nth-of-type(${like.indexOf(one) + 1})` : tag);
  }
  return cut(steps.join(' > '), NAME_CHARS_MAX);
}

/** The visible text of what was clicked; none of what people type, nor of what is masked. */
function textOf(element: Element): string {
  const control = element.closest('a,button,label,[role=button],[role=link],summary,option') || element;
  const rule = control.closest('.fs-mask,.fs-unmask,.fs-exclude');
  const isUnmasked = rule && rule.classList.contains('fs-unmask');
  if (rule && !isUnmasked) return '';
  if (control.closest('input,textarea,select,[contenteditable]') || control.querySelector('.fs-mask,.fs-exclude,textarea')) return '';
  return cut((control.textContent || '').replace(/\s+/g, ' ').trim(), TEXT_CHARS_MAX);
}

function cut(text: string, length: number): string {
  return text.length > length ? text.slice(0, length) : text;
}
