FROM debian:12-slim
RUN <<EOF
echo never ended
