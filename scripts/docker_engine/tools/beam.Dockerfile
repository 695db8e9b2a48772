# Mix with Hex, and Rebar 3, as Debian 13 has them (Debian 12 has no Hex). Rebar 3 is unpacked without what it depends
# on: its analyser of types brings a whole desktop along.
FROM unbake/userland:12
RUN echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io \
 && mkdir -p /usr/share/man/man1 \
 && sed -i 's/^Suites:.*/Suites: trixie/' /etc/apt/sources.list.d/*.sources \
 && apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends \
        elixir erlang-asn1 erlang-dev erlang-eunit erlang-hex erlang-ssl erlang-syntax-tools \
 && cd /tmp && apt-get download -qq rebar3 && dpkg -x rebar3_*.deb / && rm rebar3_*.deb \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /etc/dpkg/dpkg.cfg.d/unsafe-io
