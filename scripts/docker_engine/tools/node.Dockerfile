# What the npm registry has: Yarn 1, Yarn 4 (/opt/yarn4/yarn.js, for `yarnPath`), pnpm, Bun.
FROM node:20-slim
RUN --mount=type=secret,id=authorities,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=tmpfs,target=/root/.npm \
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
 && npm install --global --no-audit --no-fund yarn@1.22.22 pnpm@10.34.9 @oven/bun-linux-x64@1.4.4 \
 && ln -s ../lib/node_modules/@oven/bun-linux-x64/bin/bun /usr/local/bin/bun \
 && npm install --prefix /tmp/yarn4 --no-audit --no-fund @yarnpkg/cli-dist@4.18.1 \
 && install -D /tmp/yarn4/node_modules/@yarnpkg/cli-dist/bin/yarn.js /opt/yarn4/yarn.js \
 && rm -rf /tmp/yarn4
