/**
 * What is seen without being told: page changes, clicks, changed fields, errors, visibility. Each can be switched off
 * for the org (WI-9 `auto`). No value a person typed is ever read; `fs-exclude` hides an element, `fs-mask` its text,
 * `fs-unmask` shows that again; the org's `blocks` do the same by selector.
 */

import type { Machine } from '../../core/src/index';
import { now, tried } from './tried';

export type Auto = Record<'navigate' | 'click' | 'change' | 'exception' | 'visibility', boolean>;

export type Block = { selector: string; block: 'exclude' | 'mask' | 'unmask' };

const ACTIVITY_EVERY_MS = 1000;
const TEXT_CHARS_MAX = 100;
const NAME_CHARS_MAX = 250;
const MESSAGE_CHARS_MAX = 1000;
const DEPTH_MAX = 6;
const CONTROL = 'a,button,label,[role=button],[role=link],summary,option';
const TYPED = 'input,textarea,select,[contenteditable]';

/**
 * Begins to watch; `wants` says whether the org wants a kind of event, `blocks` what it hides: undefined if not known yet.
 * `ready` is called when the document has been read.
 */
export function watch(machine: Machine, wants: (type: keyof Auto) => boolean, blocks: () => Block[] | undefined, ready: () => unknown): void {
  let lastAt = 0;
  const saw = (type: keyof Auto, name: string, properties?: Record<string, unknown>): void => {
    if (wants(type) && machine.isCapturing()) machine.call('capture', { type, name, properties });
  };
  const hide = (): void => machine.app('hide');
  const navigated = (): void => void (wants('navigate') && machine.navigated());
  const sawError = (given: unknown, where?: object): void => {
    const message = String(given);
    saw('exception', message.slice(0, NAME_CHARS_MAX) || 'Error', { message: message.slice(0, MESSAGE_CHARS_MAX), ...where });
  };
  const sawInput = (): void => {
    const at = now();
    if (Math.abs(at - lastAt) < ACTIVITY_EVERY_MS) return;
    lastAt = at;
    machine.call('activity');
  };
  const sawUse = ({ type, target }: any): void => {
    const known = blocks();
    if (!known || !target.closest || target.closest(finding(known, 'exclude'))) return;
    const selector = selectorOf(target);
    const text = type == 'click' ? textOf(target, known) : '';
    saw(type, text || selector, { selector, text: text || undefined });
  };
  /** What is listened to, all of it on the window before anybody else hears of it. */
  const heard: Record<string, (event: any) => void> = {
    pointerdown: sawInput,
    keydown: sawInput,
    scroll: sawInput,
    wheel: sawInput,
    popstate: navigated,
    hashchange: navigated,
    click: sawUse,
    change: sawUse,
    error: ({ message, filename: source, lineno: line, colno: column }) => message && sawError(message, { source, line, column }),
    unhandledrejection: ({ reason }) => sawError(reason?.message || reason),
    visibilitychange: () => {
      saw('visibility', document.visibilityState);
      if (document.hidden) hide();
    },
    pagehide: hide,
    pageshow: ({ persisted }) => persisted && machine.app('resume'),
    DOMContentLoaded: ready,
  };
  /** Whatever goes wrong in a listener of ours is not the page's to see. */
  const listener = (event: Event): void => tried(() => heard[event.type]!(event));
  // A document that is opened anew loses its listeners; one that it still has is not added twice.
  const listen = (): void => Object.keys(heard).forEach((type) => window.addEventListener(type, listener, { capture: true, passive: true }));

  for (const name of ['pushState', 'replaceState'] as const) {
    const original = history[name];
    tried(() => {
      history[name] = function (...args): void {
        original.apply(history, args);
        tried(navigated);
      };
    });
  }
  listen();
  tried(() => new MutationObserver(listen).observe(document, { childList: true }));
}

/** A path that stays when classes and styles change: ids, test names, tags with their place among their like. */
function selectorOf(element: Element): string {
  const steps: string[] = [];
  for (let one: Element | null = element; one && steps.length < DEPTH_MAX; one = one.parentElement) {
    const { id, localName, parentElement, dataset = {} as DOMStringMap } = one as HTMLElement;
    const name = dataset.fsElement || dataset.testid;
    const isLasting = id && !/\d{3}/.test(id);
    const like = [...(parentElement?.children || [])].filter((child) => child.localName == localName);
    const place = like.length > 1 ? `:nth-of-type(${like.indexOf(one) + 1})` : '';
    steps.unshift(isLasting ? '#' + id : localName + (name ? `[${name}]` : place));
    if (isLasting || name) break;
  }
  return steps.join(' > ').slice(0, NAME_CHARS_MAX);
}

/** The visible text of what was clicked; none of what people type, nor of what is masked. */
function textOf(element: Element, blocks: Block[]): string {
  const control = element.closest(CONTROL) || element;
  const masked = finding(blocks, 'mask');
  const rule = control.closest(masked + ',' + finding(blocks, 'unmask'));
  const isHidden =
    rule?.matches(masked) || control.closest(TYPED) || control.querySelector([masked, finding(blocks, 'exclude'), TYPED].join());
  return isHidden ? '' : (control.textContent || '').replace(/\s+/g, ' ').trim().slice(0, TEXT_CHARS_MAX);
}

/** The selector of all that is to be hidden or shown in one way. One that no browser understands finds nothing. */
function finding(blocks: Block[], wanted: Block['block']): string {
  const known = blocks.flatMap(({ selector, block }) => (block == wanted && tried(() => [document.querySelector(selector)]) ? selector : []));
  return ['.fs-' + wanted, ...known].join();
}
