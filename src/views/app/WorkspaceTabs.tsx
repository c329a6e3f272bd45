import { useLab, useLabState } from './labContext.ts';
import { ROOMS } from './workspaces.ts';

/** Leads from the lab to the other rooms and back; the run goes on meanwhile. */
export function WorkspaceTabs() {
  const lab = useLab();
  const workspace = useLabState((state) => state.workspace);
  if (ROOMS.length === 0) return null;
  return (
    <nav className="workspaces" aria-label="Views">
      {[{ id: 'lab' as const, label: 'Lab' }, ...ROOMS].map(({ id, label }) => (
        <button key={id} type="button" aria-current={workspace === id ? 'page' : undefined} onClick={() => lab.setWorkspace(id)}>
          {label}
        </button>
      ))}
    </nav>
  );
}
