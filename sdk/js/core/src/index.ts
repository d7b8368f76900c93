export type { Answer } from './calls';
export type { ErrorCode, NoteCode } from './codes';
export { jsonText } from './json-text';
export { type Machine, makeMachine } from './machine';
export type * from './ports';
export type { Config, Settings } from './settings';
export { tried } from './tried';
