"""What is said of work while it goes on, and what takes its place once that was stopped."""

from html import escape


def under_way(words: str, stopped: str = "stopped") -> str:
    """``words``, as HTML, until a Stop button whose ``shows`` hold them puts ``stopped`` there."""
    return f'<span class="under-way" data-stopped="{escape(stopped)}">{words}</span>'


# In the browser: a view, as HTML or a value with ``html``, in which nothing goes on any more.
SAY_STOPPED = """view => {
  const html = view?.html ?? view, sheet = document.createElement('template');
  if (typeof html !== 'string') return view;
  sheet.innerHTML = html;
  for (const one of sheet.content.querySelectorAll('.under-way')) {
    one.replaceWith(one.dataset.stopped);
  }
  return view.html === undefined ? sheet.innerHTML : {...view, html: sheet.innerHTML};
}"""
