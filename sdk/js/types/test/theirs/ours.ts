export type { FS as Api } from '../../src/index';
