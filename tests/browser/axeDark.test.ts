import { axeTests } from './axe.ts';

axeTests('dark');
