// Suppression, step by step: done again here, so that a slider needs no answer from the server, and
// shown turn by turn. The rules are those of cvcore.detection.suppression.nms_steps.

// [{kept, suppressed: [{..., overlap}], lowered: [{..., overlap, before}]}], turn by turn; `way` is one
// of cvcore's METHODS, `least` the confidence limit. After a vote `kept.box` is where it came to lie,
// `kept.own` where it was.
const SIGMA = 0.5;
const suppressHard = (candidates, limit) => {
  const steps = [];
  for (let left = candidates; left.length;) {
    const [kept, ...rest] = left, suppressed = [];
    left = [];
    for (const other of rest) {
      const overlap = other.id === kept.id ? iouOf(kept.box, other.box) : 0;
      if (overlap > limit) suppressed.push({...other, overlap}); else left.push(other);
    }
    steps.push({kept, suppressed, lowered: []});
  }
  return steps;
};
const suppressSoftly = (candidates, limit, isLinear, least) => {
  const steps = [];
  for (let left = candidates; left.length;) {
    const first = left.reduce((best, row, i) => (row.score > left[best].score ? i : best), 0);
    const kept = left[first], suppressed = [], lowered = [], rest = [];
    for (const other of left) {
      if (other === kept) continue;
      const overlap = other.id === kept.id ? iouOf(kept.box, other.box) : 0;
      const share = isLinear ? (overlap > limit ? 1 - overlap : 1) : Math.exp(-(overlap ** 2) / SIGMA);
      const now = share < 1 ? {...other, score: other.score * share} : other;
      if (now.score < least) suppressed.push({...now, overlap, before: other.score});
      else { rest.push(now); if (share < 1) lowered.push({...now, overlap, before: other.score}); }
    }
    left = rest;
    steps.push({kept, suppressed, lowered});
  }
  return steps;
};
const voteBox = (kept, candidates, limit) => {
  const voters = candidates.filter((row) => row.index === kept.index || (row.id === kept.id && iouOf(kept.box, row.box) > limit));
  const total = voters.reduce((sum, row) => sum + row.score, 0);
  return [0, 1, 2, 3].map((i) => voters.reduce((sum, row) => sum + row.score * row.box[i], 0) / total);
};
const suppress = (candidates, limit, way = 'NMS', least = 0) => {
  if (way.startsWith('soft')) return suppressSoftly(candidates, limit, way === 'soft, linear', least);
  const steps = suppressHard(candidates, limit);
  if (way !== 'box voting') return steps;
  return steps.map((turn) => ({...turn, kept: {...turn.kept, own: turn.kept.box, box: voteBox(turn.kept, candidates, limit)}}));
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
  for (const row of turn.lowered) outline(row.box, '#ffb000', 3, [9, 6]);
  if (turn.kept.own) outline(turn.kept.own, '#2f9e6e', 2.5, [4, 5]);
  outline(turn.kept.box, '#2f9e6e', 5);
  writeLabels([{box: turn.kept.box, text: nameOf(turn.kept), back: '#2f9e6e'},
    ...turn.suppressed.map((row) => ({box: row.box, text: `IoU ${two(row.overlap)}`, back: '#e5484d'})),
    ...turn.lowered.map((row) => ({box: row.box, text: `${two(row.before)} → ${two(row.score)}`, back: '#ffb000', ink: '#000'}))]);
};
const tellSoft = (turn) => {
  const rows = [...turn.lowered, ...turn.suppressed].filter((row) => row.overlap);
  const why = limits.method === 'soft, linear' ? `Each overlap above ${two(limits.iou)} takes its share of the score: times 1 − IoU.`
    : 'Every overlap takes some of the score: times exp(−IoU² / 0.5), whatever the IoU limit.';
  return [make('p', why), ...(rows.length ? [make('div', table(['IoU', 'score', 'then'], rows.map((row) =>
    [two(row.overlap), two(row.before), row.score < limits.confidence ? `${two(row.score)}, gone` : two(row.score)])), {className: 'rows', tabIndex: 0})]
    : [make('p', 'No other box of its class loses anything.')])];
};
const tellStep = () => {
  const turn = steps[step];
  if (!turn) return [make('p', 'There is no box above the confidence limit.')];
  const [{length: fallen}, isSoft] = [turn.suppressed, limits.method.startsWith('soft')];
  const words = turn.suppressed.length ? turn.suppressed.map((row) => `${two(row.overlap)}`).join(', ') : '';
  return [make('p', [`Turn ${step + 1} of ${steps.length}: of the boxes left, `, make('b', nameOf(turn.kept)), ' is the surest. It stays.']),
    ...(isSoft ? tellSoft(turn) : []),
    ...(turn.kept.own ? [make('p', 'Dashed: where it was. All boxes of its class above the limit vote, by their confidence, on where it now lies.')] : []),
    ...(isSoft ? [] : [make('p', fallen ? [make('b', String(turn.suppressed.length)),
      ` ${turn.suppressed.length > 1 ? 'boxes' : 'box'} of the same class overlap it by more than the limit of ${two(limits.iou)} and go: IoU ${words}.`]
      : `No other ${props.value.labels[turn.kept.id]} overlaps it by more than the limit of ${two(limits.iou)}.`)])];
};
const stepTools = () => [button('◀', () => turnTo(step - 1), {disabled: step <= 0, ariaLabel: 'one turn back'}),
  button(timer ? 'Pause' : 'Play', play, {name: 'play', disabled: steps.length < 2}),
  button('▶', () => turnTo(step + 1), {disabled: step >= steps.length - 1, ariaLabel: 'next turn'}),
  make('span', `green: kept, red: killed this turn, ${limits.method.startsWith('soft') ? 'amber: lowered, ' : ''}white: still waiting`)];
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
