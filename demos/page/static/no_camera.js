// Where a browser lends no webcam, Gradio's own picture input says nothing of use: this does.
const sentence = document.querySelector('meta[name=no-camera]').content;

const explain = () => {
  for (const place of document.querySelectorAll('[title="grant webcam access"]:not(:has(.no-camera))')) {
    const said = document.createElement('p');
    said.className = 'no-camera';
    said.textContent = sentence;
    place.prepend(said);
  }
};

if (!navigator.mediaDevices) {
  new MutationObserver(explain).observe(document.documentElement, {childList: true, subtree: true});
}
