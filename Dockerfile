FROM debian:trixie-slim AS build
WORKDIR /source
COPY bin/setup bin/
RUN bin/setup build
COPY . .
RUN meson setup /build --buildtype=release && ninja -C /build tconnectsync-heroku && strip /build/tconnectsync-heroku

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
       ca-certificates libcurl4t64 libevent-core-2.1-7t64 libevent-extra-2.1-7t64 libyajl2 tzdata \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/log/apt /var/log/dpkg.log \
    && install -d -m 700 -o 10001 -g 10001 /var/lib/tconnectsync
COPY --from=build /build/tconnectsync-heroku /usr/local/bin/
# Tandem's token lives here when a volume is mounted; without one a restart signs in again.
ENV CACHE_CREDENTIALS_PATH=/var/lib/tconnectsync/credentials.json
USER 10001:10001
WORKDIR /var/lib/tconnectsync
EXPOSE 5000
HEALTHCHECK --interval=60s --timeout=10s --start-period=10s CMD ["tconnectsync-heroku", "healthcheck"]
LABEL org.opencontainers.image.title="TConnectSync for Heroku" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.description="Carries insulin-pump data from Tandem Source to Nightscout"
ENTRYPOINT ["tconnectsync-heroku"]
