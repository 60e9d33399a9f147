/** Marks on the images of a grid. */

export interface GridMarks {
  selected(place: number): boolean;
  starred(place: number): boolean;
  noted(place: number): boolean;
}

/**
 * Paints the marks of an image over it: a frame where it is selected, a star, a dot where there is a note.
 *
 * @param box left, top and side of the image and pixels of the screen to one of the page, in pixels of the screen
 */
export function drawMarks(
  context: CanvasRenderingContext2D,
  marks: GridMarks,
  place: number,
  [x, y, size, ratio]: readonly [number, number, number, number],
): void {
  const style = getComputedStyle(context.canvas);
  const accent = style.getPropertyValue('--accent');
  const ground = style.getPropertyValue('--panel');
  if (marks.selected(place)) {
    const line = Math.max(2, Math.round(3 * ratio));
    context.lineWidth = line;
    context.strokeStyle = ground;
    context.strokeRect(x + 1.5 * line, y + 1.5 * line, size - 3 * line, size - 3 * line);
    context.strokeStyle = accent;
    context.strokeRect(x + line / 2, y + line / 2, size - line, size - line);
  }
  const radius = Math.min(size * 0.2, 8 * ratio);
  if (marks.starred(place))
    drawStar(context, x + size - 1.4 * radius, y + 1.4 * radius, radius, ground, ratio);
  if (marks.noted(place)) {
    context.beginPath();
    context.arc(x + radius, y + size - radius, radius * 0.5, 0, 2 * Math.PI);
    context.fillStyle = accent;
    context.fill();
    context.lineWidth = Math.max(1, ratio);
    context.strokeStyle = ground;
    context.stroke();
  }
}

function drawStar(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  outline: string,
  ratio: number,
): void {
  context.beginPath();
  for (let i = 0; i < 10; i++) {
    const angle = -Math.PI / 2 + (i * Math.PI) / 5;
    const length = i % 2 === 0 ? radius : radius * 0.45;
    context.lineTo(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  context.closePath();
  context.fillStyle = '#f2b01e';
  context.fill();
  context.lineWidth = Math.max(1, ratio);
  context.strokeStyle = outline;
  context.stroke();
}
