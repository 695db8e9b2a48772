# Go 1.19, with a C compiler.
FROM unbake/userland:12
RUN echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io \
 && mkdir -p /usr/share/man/man1 \
 && apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends golang-go \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /etc/dpkg/dpkg.cfg.d/unsafe-io
