// Suppression, step by step: done again here, so that a slider needs no answer from the server, and
// shown turn by turn. The rules are those of cvcore.detection.suppression.nms_steps.

// [{kept, suppressed: [{box, iou}]}], turn by turn.
const suppress = (candidates, limit) => {
  const steps = [];
  for (let left = candidates; left.length;) {
    const [kept, ...rest] = left, suppressed = [];
    left = [];
    for (const other of rest) {
      const overlap = other.id === kept.id ? iouOf(kept.box, other.box) : 0;
      if (overlap > limit) suppressed.push({...other, overlap}); else left.push(other);
    }
    steps.push({kept, suppressed});
  }
  return steps;
};

// --- the view "NMS steps" --------------------------------------------------------------------------
const drawStep = () => {
  const turn = steps[step], gone = new Set();
  for (const past of steps.slice(0, step)) {
    for (const row of past.suppressed) gone.add(row.index);
    gone.add(past.kept.index); outline(past.kept.box, '#2f9e6e', 2);
  }
  for (const row of candidates) if (!gone.has(row.index)) outline(row.box, '#ffffffaa', 1.5);
  if (!turn) return;
  for (const row of turn.suppressed) outline(row.box, '#e5484d', 3, [9, 6]);
  outline(turn.kept.box, '#2f9e6e', 5);
  writeLabels([{box: turn.kept.box, text: nameOf(turn.kept), back: '#2f9e6e'},
    ...turn.suppressed.map((row) => ({box: row.box, text: `IoU ${two(row.overlap)}`, back: '#e5484d'}))]);
};
const tellStep = () => {
  const turn = steps[step];
  if (!turn) return [make('p', 'There is no box above the confidence limit.')];
  const words = turn.suppressed.length ? turn.suppressed.map((row) => `${two(row.overlap)}`).join(', ') : '';
  return [make('p', [`Turn ${step + 1} of ${steps.length}: of the boxes left, `, make('b', nameOf(turn.kept)), ' is the surest. It stays.']),
    make('p', turn.suppressed.length ? [make('b', String(turn.suppressed.length)),
      ` ${turn.suppressed.length > 1 ? 'boxes' : 'box'} of the same class overlap it by more than the limit of ${two(limits.iou)} and go: IoU ${words}.`]
      : `No other ${props.value.labels[turn.kept.id]} overlaps it by more than the limit of ${two(limits.iou)}.`)];
};
const stepTools = () => [button('◀', () => turnTo(step - 1), {disabled: step <= 0, ariaLabel: 'one turn back'}),
  button(timer ? 'Pause' : 'Play', play, {name: 'play', disabled: steps.length < 2}),
  button('▶', () => turnTo(step + 1), {disabled: step >= steps.length - 1, ariaLabel: 'next turn'}),
  make('span', 'green: kept, red: killed this turn, white: still waiting')];
const turnTo = (number) => { step = Math.max(0, Math.min(steps.length - 1, number)); draw(); };
const pause = () => { clearInterval(timer); timer = null; };
const play = () => {
  if (timer) { pause(); draw(); return; }
  if (step >= steps.length - 1) step = 0;
  timer = setInterval(() => {
    if (!element.isConnected || step >= steps.length - 1) pause(); else step++;
    draw();
  }, 1200);
  draw();
};
