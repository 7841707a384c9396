/// Draws once per animation frame, however often it is asked: a burst of a thousand batches costs a few layouts.
export function once_per_frame(draw) {
  let is_asked = false;
  return () => {
    if (is_asked) return;
    is_asked = true;
    requestAnimationFrame(() => {
      is_asked = false;
      draw();
    });
  };
}
