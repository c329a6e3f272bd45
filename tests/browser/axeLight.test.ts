import { axeTests } from './axe.ts';

axeTests('light');
