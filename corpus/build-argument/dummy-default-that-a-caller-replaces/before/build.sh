docker build --build-arg APPLE_PRIVATE_KEY="$APPLE_PRIVATE_KEY" -t app .
