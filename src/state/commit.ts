/** Written in by the build; absent where the sources run by themselves. */
declare const __COMMIT__: string | undefined;

/** The commit that this page was built from. */
export const COMMIT = typeof __COMMIT__ === 'string' ? __COMMIT__ : 'unknown';
