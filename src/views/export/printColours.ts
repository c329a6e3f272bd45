/** The page's light theme, for paper: `styles/tokens.css` has the same. */
export const PRINT = { ink: '#14171c', muted: '#566070', line: '#dfe3e8', empty: '#f6f7f8', right: '#10569e', wrong: '#9a4a00' } as const;
