# Stages: the frontend's build, the image's own Python packages, the app's, the code, and the final
# image. For your own app, set these as build arguments or edit them here; nothing below needs to change.
# An app without a React build sets FRONTEND_STAGE=no-frontend.
ARG BACKEND=backend
ARG FRONTEND=frontend
ARG FRONTEND_BUILD="npm run build"
ARG FRONTEND_OUTPUT=dist
# Any image that is based on Debian and has Python 3.11 or newer, or none: python:3.12-slim.
ARG PYTHON_IMAGE=debian:trixie-slim
ARG NODE_IMAGE=node:24-slim
# Debian packages: those that the app needs when it runs, and those that only pip needs.
ARG APT_PACKAGES=
ARG APT_BUILD_PACKAGES=
ARG FRONTEND_STAGE=frontend


# The React build with compressed files. Dependencies come first, so that a change of the source
# does not install them again.
FROM ${NODE_IMAGE} AS frontend
ARG FRONTEND
WORKDIR /frontend
COPY image/install-frontend /
COPY ${FRONTEND}/package*.json ./
RUN /install-frontend
# Not found? Set --build-arg FRONTEND= to the folder of the frontend, or FRONTEND_STAGE=no-frontend.
COPY ${FRONTEND}/ ./
ARG FRONTEND_BUILD
RUN sh -c "$FRONTEND_BUILD"
COPY image/precompress.mjs /
ARG FRONTEND_OUTPUT
RUN node /precompress.mjs "$FRONTEND_OUTPUT" && mv "$FRONTEND_OUTPUT" /static

FROM scratch AS no-frontend
WORKDIR /static

FROM ${FRONTEND_STAGE} AS static


# The image's own packages, with hashes. pip has an environment of its own, without setuptools, which
# it would take for a package of the app's.
FROM ${PYTHON_IMAGE} AS packages
COPY image/install-packages /opt/build/
RUN /opt/build/install-packages ca-certificates python3 python3-venv \
 && python3 -m venv /opt/pip \
 && /opt/pip/bin/pip uninstall --quiet --yes setuptools \
 && python3 -m venv --without-pip /opt/venv \
 && rm /opt/venv/bin/*ctivate*
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY image/requirements.txt /tmp/image.txt
# supervisor's own tests are 2 MB.
RUN /opt/pip/bin/pip --python /opt/venv/bin/python install --require-hashes --only-binary :all: \
      --requirement /tmp/image.txt \
 && rm -r /opt/venv/lib/python3*/site-packages/supervisor/tests


# The app's requirements, with the files that they name. The next stage depends on these only.
FROM packages AS requirements
COPY image/collect_requirements.py /opt/build/
ARG BACKEND
# Not found? Set --build-arg BACKEND= to the folder of the app.
COPY ${BACKEND}/ /src/
RUN python3 /opt/build/collect_requirements.py /src /requirements


# The app's packages, in an environment of their own: its versions are not ours. Hashes are checked if
# its requirements have any.
FROM packages AS app-packages
ARG APT_PACKAGES
ARG APT_BUILD_PACKAGES
# hadolint ignore=SC2086
RUN [ -z "$APT_PACKAGES$APT_BUILD_PACKAGES" ] \
 || /opt/build/install-packages $APT_PACKAGES $APT_BUILD_PACKAGES
COPY image/app-environment.txt image/install_app_packages.py /opt/build/
COPY --from=requirements /requirements /requirements
WORKDIR /requirements
RUN python3 /opt/build/install_app_packages.py requirements.txt


# The code with its bytecode, which the running container cannot write. The package `demijohn` is
# installed in a folder of its own, so that a change of it makes a small layer.
FROM packages AS code
COPY image/build.txt /tmp/
RUN /opt/pip/bin/pip --python /opt/pip/bin/python install --require-hashes --only-binary :all: \
      --requirement /tmp/build.txt
COPY pyproject.toml /src/
COPY image/ /src/image/
RUN /opt/pip/bin/pip --python /opt/pip/bin/python wheel --no-build-isolation --no-deps --no-index \
      --wheel-dir /tmp/wheel /src \
 && /opt/pip/bin/pip --python /opt/venv/bin/python install --no-deps --no-index --prefix /opt/code /tmp/wheel/*.whl
ARG BACKEND
# Not found? Set --build-arg BACKEND= to the folder of the app.
COPY ${BACKEND}/ /app/${BACKEND}/
# An app may hold files that are not Python of this version, such as templates: they are not compiled.
RUN /opt/venv/bin/python -m compileall -q /app || true
COPY nginx.conf supervisord.conf /app/
COPY programs.d/ /app/programs.d/


# The final image: Debian, Nginx with brotli, Python, certificate authorities, and the stages above.
# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
COPY image/install-packages /opt/build/
RUN /opt/build/install-packages \
      ca-certificates \
      libnginx-mod-http-brotli-filter \
      libnginx-mod-http-brotli-static \
      nginx \
      python3

# pg_dump and pg_restore of one major version, for `demijohn backup`: --build-arg POSTGRES_CLIENT=17.
ARG POSTGRES_CLIENT=
COPY image/install-postgres-client /opt/build/
# The user has a name, since packages ask for it (getpass.getuser, Celery). /data: a new Docker volume
# takes its owner from the folder that it is mounted on.
RUN { [ -z "$POSTGRES_CLIENT" ] || /opt/build/install-postgres-client "$POSTGRES_CLIENT"; } \
 && groupadd --gid 10001 demijohn \
 && useradd --no-log-init --uid 10001 --gid demijohn --no-create-home --home-dir /tmp demijohn \
 && install -d -o demijohn -g demijohn /data

ARG APT_PACKAGES
# hadolint ignore=SC2086
RUN [ -z "$APT_PACKAGES" ] || /opt/build/install-packages $APT_PACKAGES

COPY --from=packages /opt/venv /opt/venv
COPY --from=code /opt/code /opt/venv
# `docker exec C flask …` runs with the app's settings and database.
COPY image/in-app-environment /opt/commands/flask
COPY image/in-app-environment /opt/commands/alembic
COPY --from=app-packages /opt/app-venv /opt/app-venv
# Not in /app, where an app at the root of the repository has a folder `static` of its own.
COPY --from=static /static /static
COPY --from=code /app /app
# DEMIJOHN_PYTHON runs the app; the image's own processes run in /opt/venv.
# DEMIJOHN_DOTENV is empty: settings come from the host, never from a file in the image. HOME, USER: a
# host may choose another user, who has neither. SSL_CERT_FILE: psycopg2's OpenSSL looks for
# certificates elsewhere. MALLOC_ARENA_MAX: one heap per thread would take most of a small machine's
# memory.
ENV PATH=/opt/commands:/opt/app-venv/bin:/opt/venv/bin:$PATH \
    HOME=/tmp \
    USER=demijohn \
    DEMIJOHN_PYTHON=/opt/app-venv/bin/python \
    DEMIJOHN_DOTENV= \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

ARG REVISION=
LABEL org.opencontainers.image.title="Demijohn" \
      org.opencontainers.image.description="A Flask + React app in one container: Nginx and Gunicorn under supervisord" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="$REVISION"

# A numeric user, so that a host can verify that it is not root. The container writes below /tmp
# and volumes only, so that it runs with a read-only root file system. No VOLUME: some hosts do not
# allow it.
WORKDIR /app
USER 10001:10001
EXPOSE 8080
# Checks /livez: some hosts restart unhealthy containers, which helps if Gunicorn is dead, but not if
# the database is away.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s CMD ["demijohn", "healthcheck"]
ENTRYPOINT ["demijohn"]
CMD ["serve"]
