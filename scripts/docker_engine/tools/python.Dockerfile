# What the Python index has: uv, Poetry, Pipenv, the clients of Ansible Galaxy, AWS, Hugging Face and Sentry.
FROM unbake/userland:12
RUN --mount=type=secret,id=authorities,target=/etc/ssl/certs/ca-certificates.crt \
    --mount=type=tmpfs,target=/root/.cache \
    pip install --quiet --no-compile --break-system-packages --root-user-action=ignore \
        ansible-core==2.19.14 awscli==1.46.3 huggingface_hub==2.4.0 pipenv==2026.10.3 poetry==2.5.1 \
        sentry-cli==3.8.2 uv==0.13.9
