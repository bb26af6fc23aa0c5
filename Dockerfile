# syntax=docker/dockerfile:1
# The service with its page, in a small image. `docker build -t suhbat .`; see docs/operations.md, "In a container".

FROM node:22-bookworm-slim AS page
WORKDIR /src/web
# The packages alone first: this layer is kept while they do not change.
COPY web/package.json web/package-lock.json ./
COPY web/packages/client/package.json packages/client/
COPY web/packages/react/package.json packages/react/
RUN npm ci --no-audit --no-fund
COPY web ./
RUN npm run build

FROM rust:1.95.0-bookworm AS program
# The toolchain of the image, without the parts that only development needs.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
COPY --from=page /src/web/dist/page web/dist/page
# The caches hold the registry and the compiled dependencies between builds, so the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked --package suhbat-server --bin suhbat && cp target/release/suhbat /usr/local/bin/suhbat

# Nothing but the program, the C library that it needs, certificates and time zones; the user is 65532.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=program /usr/local/bin/suhbat /usr/local/bin/suhbat
# The volume begins as a copy of this folder, owned by the user of the service.
COPY --from=program --chown=65532:65532 /src/deploy/data /var/lib/suhbat
ENV SUHBAT__SERVER__BIND=0.0.0.0:8000 \
    SUHBAT__DATABASE__URL=sqlite:///var/lib/suhbat/suhbat.db \
    SUHBAT__OBJECTS__URL=file:///var/lib/suhbat/objects \
    SUHBAT__LOG__FORMAT=json
VOLUME /var/lib/suhbat
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/usr/local/bin/suhbat", "health"]
ENTRYPOINT ["/usr/local/bin/suhbat"]
CMD ["serve"]
