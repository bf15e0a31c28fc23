// "3,128 of 5,214 · about 20 s left", in the words of the server's `time_left`.
const STEP_S = 5;
const MINUTE_S = 60;
const shown = new Map();

export function phrase(words, { task_id: id, done, total, seconds_left: left }) {
  const counted = words.of.replace("{done}", grouped(done)).replace("{total}", grouped(total));
  return left === null ? counted : `${counted} · ${timeLeft(words, steady(id, left))}`;
}

function timeLeft(words, seconds) {
  return seconds <= MINUTE_S ? words.seconds.replace("{left}", seconds) : words.minutes.replace("{left}", seconds / MINUTE_S);
}

// Smoothed, rounded up to the displayed steps, and never growing twice before it has shrunk.
function steady(id, left) {
  const before = shown.get(id);
  const smooth = before ? (before.smooth + left) / 2 : left;
  const step = smooth > MINUTE_S ? MINUTE_S : STEP_S;
  let seconds = Math.max(STEP_S, Math.ceil(smooth / step) * step);
  if (before?.grew) seconds = Math.min(seconds, before.seconds);
  const grew = before !== undefined && (seconds > before.seconds || (before.grew && seconds === before.seconds));
  shown.set(id, { smooth, seconds, grew });
  return seconds;
}

// Otherwise Spanish would leave "3128" ungrouped, unlike the server.
function grouped(value) {
  return value.toLocaleString(document.documentElement.lang, { useGrouping: "always" });
}
