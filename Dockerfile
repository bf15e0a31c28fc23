# One image for web server and worker; compose.yaml runs both, with a queue server beside them.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements.txt .
RUN .venv/bin/pip install --no-cache-dir --no-input --prefer-binary --requirement requirements.txt
COPY . .
RUN .venv/bin/python -m microblog.base.i18n.catalogues && \
    .venv/bin/python -m compileall -q microblog consumer.py

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /home/microblog microblog && \
    install -d -o microblog -g microblog -m 700 /data
WORKDIR /app
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "-c", \
    "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:' + os.environ['PORT'] + '/livez', headers={'Host': 'localhost'}), timeout=4)"]
CMD ["sh", "-c", "flask migrate && exec python -m microblog web"]
