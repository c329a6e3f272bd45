import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCredit } from '../../scripts/creditCommand.ts';
import { METHODS } from '../core/methods/index.ts';
import { aboutOf, fileStem, paperLine } from './about.ts';
import { bibAuthors, bibtexOf, bibtexOfPage, escapeTex } from './bibtex.ts';
import { batchFile, creditCommand, tokenCsv, tokenJson, tokenTable } from './exportNumbers.ts';
import { testLab } from './testLab.ts';

async function opened() {
  const { lab } = testLab();
  await lab.open();
  return lab;
}

/** RFC 4180, read by another hand than the one that writes it. */
function readCsv(text: string): string[][] {
  return text
    .trimEnd()
    .split('\r\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? ''),
    );
}

describe('the table of tokens', () => {
  it('reads back to the core’s numbers, to the bit', async () => {
    const lab = await opened();
    lab.flipReward(0);
    const state = lab.store.getState();
    const [head, ...lines] = readCsv(tokenCsv(state, aboutOf(lab, 'https://x.org/')));
    const { credit } = state.derived!;
    expect(lines.length).toBe(state.batch!.tokens.length);
    const column = (name: string) => lines.map((line) => line[head.indexOf(name)]);
    expect(column('credit').map(Number)).toEqual([...credit!.credit]);
    expect(column('advantage').map(Number)).toEqual([...credit!.advantages]);
    expect(column('oldLogprobs').map(Number)).toEqual([...state.batch!.fields.oldLogprobs!]);
    expect(column('reward').slice(0, 7)).toEqual(Array(7).fill('0'));
    expect(column('token').slice(0, 7).join('')).toBe('S0>8>1.');
    expect([column('group')[0], column('response')[7], column('position')[7]]).toEqual(['1', '2', '1']);
    expect(head).toContain('lane:entropy');
    expect(column('commit').slice(0, 2)).toEqual(['unknown', '']);
    expect(column('link')[0]).toMatch(/^https:\/\/x\.org\/#/);
  });

  it('leaves a field empty where there is no number, and is the same as JSON', async () => {
    const lab = await opened();
    const state = lab.store.getState();
    const credit = { ...state.derived!.credit!, credit: state.derived!.credit!.credit.map((value, t) => (t === 3 ? NaN : value)) };
    const shown = { ...state, derived: { ...state.derived!, credit } };
    const { columns, lines } = tokenTable(shown);
    expect(lines[3][columns.indexOf('credit')]).toBeNull();
    const json = JSON.parse(tokenJson(shown, aboutOf(lab, 'https://x.org/')));
    expect(json.tokens[3].credit).toBeNull();
    expect(json.tokens[4].credit).toBe(lines[4][columns.indexOf('credit')]);
    expect(json.about.citation[1]).toBe(
      'Shao et al. (2024). DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models. arXiv:2402.03300.',
    );
  });
});

describe('the batch as a file', () => {
  it('gives the command line the numbers of the screen', async () => {
    const lab = await opened();
    const sampled = lab.store.getState().sampled!;
    lab.showBatch({ ...sampled, fields: { ...sampled.fields, logprobs: sampled.fields.oldLogprobs!.map((value) => value + 0.15) } }, {});
    lab.setOverrides({ clipHigh: 0.05 });
    lab.flipReward(1);
    const about = aboutOf(lab, 'https://x.org/');
    const folder = mkdtempSync(join(tmpdir(), 'batch-'));
    try {
      const path = join(folder, 'batch.json');
      writeFileSync(path, batchFile(lab.store.getState(), about, 'batch.json'));
      const { stdout, stderr } = await runCredit(['--input', path, '--knob', 'clipHigh=0.05']);
      expect(stderr).toBe('');
      const { credit } = lab.store.getState().derived!;
      expect(about.knobs).toEqual({ clipHigh: 0.05 });
      expect([...credit!.clipState]).toContain(1);
      expect(JSON.parse(stdout).credit.flat()).toEqual([...credit!.credit]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('names the command that repeats it', async () => {
    expect(creditCommand({ method: 'm', knobs: { clipC: 'Infinity', clipLow: 0.1 } }, 'a.json')).toBe(
      'npm run --silent credit -- --input a.json --method m --knob clipC=Infinity --knob clipLow=0.1',
    );
    expect(fileStem({ task: 'chain-sum', step: 20, method: 'm' })).toBe('creditscope-chain-sum-step20-m');
  });
});

describe('BibTeX', () => {
  const meta = {
    id: 'ab-c',
    title: 'AB',
    fullName: 'Alpha & Beta',
    paper: { authors: 'Liu et al.', title: 'From A to B: 90 % of it', year: 2025, arxiv: '2509.16591', venue: 'ACL 2026' },
  };
  it('has authors, year, title and arXiv id', () => {
    expect(bibtexOf(meta)).toBe(
      [
        '@misc{abc2025,',
        '  title = {{From A to B: 90 \\% of it}},',
        '  author = {Liu and others},',
        '  year = {2025},',
        '  eprint = {2509.16591},',
        '  archivePrefix = {arXiv},',
        '  howpublished = {ACL 2026},',
        '}',
        '',
      ].join('\n'),
    );
    expect(bibtexOfPage('1a2b', 'https://x.org/#v=2&k.clipLow=0.1')).toContain('howpublished = {\\url{https://x.org/#v=2&k.clipLow=0.1}}');
    expect(paperLine(meta)).toBe('Liu et al. (2025). From A to B: 90 % of it. arXiv:2509.16591, ACL 2026.');
  });
  it('has the method’s name where there is no paper', () => {
    const own = { ...meta, paper: { authors: 'Creditscope', year: 2026, arxiv: null } };
    expect(bibtexOf(own)).toContain('  title = {{Alpha \\& Beta (AB)}},\n');
    expect(paperLine(own)).toBe('Creditscope (2026). Alpha & Beta (AB).');
  });
  it('writes names as BibTeX lists them', () => {
    expect(bibAuthors('Shao et al.')).toBe('Shao and others');
    expect(bibAuthors('Guo, Xu, Liu')).toBe('Guo and Xu and Liu');
    expect(escapeTex('100 % of {a_b} \\ ~')).toBe('100 \\% of \\{a\\_b\\} \\textbackslash{} \\textasciitilde{}');
  });
  it('is there for every method, with braces that close', async () => {
    for (const { load } of METHODS) {
      const text = bibtexOf((await load()).meta);
      expect(text).toMatch(/^@misc\{[a-z0-9]+\d{4},\n {2}title = \{\{.+\}\},\n {2}author = \{.+\},\n {2}year = \{\d{4}\},\n/);
      expect(text.replaceAll(/\\[{}]/g, '').split('{').length).toBe(text.replaceAll(/\\[{}]/g, '').split('}').length);
    }
  });
});
