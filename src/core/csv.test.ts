import { expect, it } from 'vitest';
import { csvOf } from './csv.ts';

it('writes a table that any reader of RFC 4180 takes apart again', () => {
  const lines = [
    ['plain', 0.1, null],
    ['a, b', -2e-7, 'says "no"\nand more'],
  ];
  expect(csvOf(['name', 'number', 'note'], lines)).toBe('name,number,note\r\nplain,0.1,\r\n"a, b",-2e-7,"says ""no""\nand more"\r\n');
  expect(csvOf(['only'], [])).toBe('only\r\n');
});
