# NuGet on Mono, AzCopy, gsutil, Terraform: from Debian, the npm registry and the Python index, all three at once.
FROM unbake/userland:12 AS index
RUN --mount=type=secret,id=authorities,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=tmpfs,target=/root/.cache \
    pip install --quiet --no-compile --no-build-isolation --break-system-packages --root-user-action=ignore \
        --root=/tools gsutil==5.38 terraform-binary==0.11.11.post1 \
 && ln -sf /usr/local/lib/terraform /tools/usr/local/bin/terraform

FROM node:20-slim AS npm
RUN --mount=type=secret,id=authorities,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=tmpfs,target=/root/.npm \
    export NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
 && npm install --prefix /packages --no-audit --no-fund @azure-tools/azcopy-linux@10.32.2 nuget-exe@5.8.0 \
 && install -D /packages/node_modules/@azure-tools/azcopy-linux/dist/bin/azcopy_linux_amd64 /tools/bin/azcopy \
 && install -D -m 644 /packages/node_modules/nuget-exe/nuget-5.8.0.exe /tools/lib/nuget.exe \
 && printf '#!/bin/sh\nexec mono /usr/local/lib/nuget.exe "$@"\n' > /tools/bin/nuget && chmod +x /tools/bin/nuget

FROM unbake/userland:12
RUN echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io \
 && mkdir -p /usr/share/man/man1 \
 && apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends libsecret-1-0 mono-runtime \
        libmono-microsoft-build-engine4.0-cil libmono-microsoft-build-framework4.0-cil \
        libmono-microsoft-build-utilities-v4.0-4.0-cil libmono-microsoft-build4.0-cil \
        libmono-microsoft-csharp4.0-cil libmono-system-componentmodel-composition4.0-cil \
        libmono-system-data-services-client4.0-cil \
        libmono-system-io-compression-filesystem4.0-cil libmono-system-io-compression4.0-cil \
        libmono-system-net-http-webrequest4.0-cil libmono-system-net-http4.0-cil libmono-system-numerics4.0-cil \
        libmono-system-runtime-serialization4.0-cil libmono-system-runtime4.0-cil libmono-system-security4.0-cil \
        libmono-system-servicemodel4.0a-cil libmono-system-xml-linq4.0-cil libmono-windowsbase4.0-cil \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log /etc/dpkg/dpkg.cfg.d/unsafe-io
COPY --from=index /tools /
COPY --from=npm /tools /usr/local
