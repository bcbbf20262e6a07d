# A school's own server:  docker build -t glassbox . && docker run -p 7860:7860 glassbox
FROM python:3.12-slim-bookworm

COPY packages.txt /tmp/
RUN apt-get update \
    && xargs apt-get install -y --no-install-recommends < /tmp/packages.txt \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home glassbox

WORKDIR /app
COPY constraints.txt .
COPY requirements requirements
# PIP_ARGS may name an index with PyTorch for processors alone, which makes the image far smaller.
ARG PIP_ARGS=""
RUN pip install --no-cache-dir ${PIP_ARGS} -r requirements/app.txt -c constraints.txt

USER glassbox
COPY --chown=glassbox . .
ENV GLASSBOX_HOST=0.0.0.0 GLASSBOX_CACHE=/home/glassbox/cache
EXPOSE 7860
HEALTHCHECK --start-period=60s --interval=30s CMD ["python", "-c", \
    "import os, ssl, urllib.request as r; \
safe = any(os.environ.get('GLASSBOX_' + name) for name in ('CLASS_ROOM', 'CERTIFICATE')); \
r.urlopen('http' + 's' * safe + '://127.0.0.1:' + os.environ.get('GLASSBOX_PORT', '7860') + '/healthz', \
timeout=5, context=ssl._create_unverified_context())"]
CMD ["python", "app.py"]
