// Where a browser lends no webcam, Gradio's own fields say nothing of use: this does, below it.
const sentence = document.querySelector('meta[name=no-camera]').content;

const explain = () => {
  const places = document.querySelectorAll('[title="grant webcam access"]');
  const fields = new Set([...places].map((place) => place.closest('.block')));
  for (const said of document.querySelectorAll('.no-camera')) {
    if (!fields.delete(said.previousElementSibling)) said.remove();
  }
  for (const field of fields) {
    const said = document.createElement('p');
    said.className = 'no-camera';
    said.textContent = sentence;
    field.after(said);
  }
};

if (!navigator.mediaDevices) {
  new MutationObserver(explain).observe(document.documentElement, {childList: true, subtree: true});
}
