import { createRoot } from 'react-dom/client';
import './styles/page.css';
import './styles/phone.css';
import { App } from './views/app/App.tsx';
import { startLab } from './views/app/startLab.ts';

const lab = startLab();
createRoot(document.getElementById('root')!).render(<App lab={lab} />);
