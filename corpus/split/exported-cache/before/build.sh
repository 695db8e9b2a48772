docker buildx build --cache-to type=local,dest=cache,mode=max --build-arg NPM_TOKEN .
