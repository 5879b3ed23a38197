# The server as an image: one program, a user without rights, nothing written outside /var/lib/tow and /tmp.
# docs/install.md says with what this was run.
# Debian 13, because a backup needs a pg_dump that is not older than the server (compose.yaml runs PostgreSQL 17).

FROM node:20-trixie-slim AS pages
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts
COPY bin/vendor bin/vendor
RUN bin/vendor

FROM rust:1.95-trixie AS server
RUN apt-get update && apt-get install --yes --no-install-recommends libpq-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
COPY --from=pages /build/static/vendor static/vendor
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin tow && cp target/release/tow /usr/local/bin/tow

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libpq5 postgresql-client-17 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 tow \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/tow --shell /usr/sbin/nologin tow \
    && install -d -m 700 -o tow -g tow /var/lib/tow \
    && install -d -m 755 /etc/tow
COPY --from=server /usr/local/bin/tow /usr/local/bin/tow
# tow.yaml, when there is one, is mounted at /etc/tow/tow.yaml: it is looked for in the current folder.
WORKDIR /etc/tow
ENV TOW_RUNTIME__DATA_DIR=/var/lib/tow
# As bin/run: memory that was needed once goes back to the machine.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
USER 10001:10001
VOLUME /var/lib/tow
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["tow", "doctor", "--healthz"]
ENTRYPOINT ["tow"]
CMD ["serve"]
