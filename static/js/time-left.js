// "3,128 of 5,214 · about 20 s left", as the server's own `time_left` says it.
const STEP_S = 5;
const shown = new Map();

export function phrase(words, { task_id: id, done, total, seconds_left: left }) {
  const counted = words.of.replace("{done}", number(done)).replace("{total}", number(total));
  return left === null ? counted : `${counted} · ${timeLeft(words, steady(id, left))}`;
}

function timeLeft(words, seconds) {
  const minutes = Math.ceil(seconds / 60);
  return seconds <= 60 ? words.seconds.replace("{left}", seconds) : words.minutes.replace("{left}", minutes);
}

// Smoothed, in steps of five seconds, and never growing twice in a row.
function steady(id, left) {
  const before = shown.get(id);
  const smooth = before ? (before.smooth + left) / 2 : left;
  const seconds = Math.max(STEP_S, Math.ceil(smooth / STEP_S) * STEP_S);
  const grows = before !== undefined && seconds > before.seconds;
  if (grows && before.grew) return before.seconds;
  shown.set(id, { smooth, seconds, grew: grows });
  return seconds;
}

function number(value) {
  return value.toLocaleString(document.documentElement.lang);
}
