/** `@fullstory/snippet` 2.1.0, whose types `@fullstory/browser` 2.1.1 hands on. */
export type { FSApi as Api } from '@fullstory/snippet';
