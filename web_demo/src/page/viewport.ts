/** How a picture lies in its frame: enlarged `zoom` times and moved, in parts of the frame. */
export type Viewport = { zoom: number; x: number; y: number };

export const WHOLE: Viewport = { zoom: 1, x: 0, y: 0 };

export const MOST_ZOOM = 12;

/** Zoom about a point of the frame (0 to 1 both ways), which stays where it is. */
export function zoomed(view: Viewport, factor: number, atX = 0.5, atY = 0.5): Viewport {
  const zoom = Math.min(MOST_ZOOM, Math.max(1, view.zoom * factor));
  const change = zoom / view.zoom;
  return held({ zoom, x: atX - (atX - view.x) * change, y: atY - (atY - view.y) * change });
}

export function moved(view: Viewport, byX: number, byY: number): Viewport {
  return held({ ...view, x: view.x + byX, y: view.y + byY });
}

/** The picture always covers its frame. */
function held({ zoom, x, y }: Viewport): Viewport {
  const clamp = (value: number) => Math.min(0, Math.max(1 - zoom, value)) + 0;
  return { zoom, x: clamp(x), y: clamp(y) };
}
