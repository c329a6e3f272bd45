import { Deferred } from './Deferred.tsx';
import { useLabState } from './labContext.ts';
import { WorkspaceTabs } from './WorkspaceTabs.tsx';
import { ROOMS } from './workspaces.ts';

/** One of the rooms beside the lab, under its heading. It scrolls inside itself. */
export function Room() {
  const workspace = useLabState((state) => state.workspace);
  const room = ROOMS.find(({ id }) => id === workspace);
  if (!room) return null;
  return (
    <main className="room">
      <div className="room-head">
        <div>
          <h1>{room.title}</h1>
          <p className="quiet">{room.purpose}</p>
        </div>
        <WorkspaceTabs />
      </div>
      <div className="room-body">
        <Deferred key={room.id} load={room.load} className="room-wait" />
      </div>
    </main>
  );
}
