/** What a bundler may import: the library, and from a module of its own the element. */
export * from '../element/module';
export * from './api';
