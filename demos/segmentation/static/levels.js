// The U: the way down on the left, the way up on the right, skip connections between them. Its parts
// stay while pictures change, so that a skip connection can be clicked while a webcam runs.
const make = (tag, name, text = '') => Object.assign(document.createElement(tag), {className: name, textContent: text});
const ARROW = '<svg viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true"><line x1="4" y1="10" x2="180" y2="10"/><path d="M178 1L198 10L178 19Z"/></svg>';
const root = element.querySelector('.ushape');
let boxes = [], skips = [];
const build = (depth) => {
  const box = (extra = '') => {
    const node = make('div', 'level' + extra);
    node.append(new Image(), make('b', ''));
    return node;
  };
  boxes = []; skips = []; root.replaceChildren();
  for (let number = 0; number < depth; number++) {
    const skip = make('button', 'skip'), down = box(), up = box();
    skip.type = 'button'; skip.setAttribute('role', 'switch'); skip.setAttribute('aria-label', `Skip connection ${number}`);
    skip.innerHTML = ARROW; skip.append(make('span', ''));
    skip.addEventListener('click', () => {
      const cut = props.value.cut, isOn = !cut.includes(number);
      const left = isOn ? [...cut, number] : cut.filter((one) => one !== number);
      trigger('cut', {cut: left});
      // where the webcam beside it is worked on in this browser
      element.closest('.side-by-side')?.querySelector('.live-pair')?.tell('cut', left);
    });
    skips.push(skip); boxes.push({down, up}); root.append(down, skip, up);
  }
  if (depth) { boxes.push({down: box(' bottom')}); root.append(boxes[depth].down); }
};
const draw = () => {
  const value = props.value, levels = value?.levels || [];
  const depth = levels.filter((level) => level.side === 'up').length;
  /** @type {HTMLElement} */ (element.closest('.block')).style.display = depth ? '' : 'none';
  if (depth !== skips.length) build(depth);
  for (const level of levels) {
    const [image, words] = boxes[level.number][level.side].children;
    if (/^data:image/.test(level.src)) image.src = level.src;
    image.alt = `Features of level ${level.number}, ${level.side}`; words.textContent = level.words;
  }
  skips.forEach((skip, number) => {
    const isOn = !value.cut.includes(number);
    skip.setAttribute('aria-checked', isOn);
    skip.lastChild.textContent = isOn ? `skip ${number}: click to cut` : `skip ${number} is cut`;
  });
};
watch('value', draw); draw();
