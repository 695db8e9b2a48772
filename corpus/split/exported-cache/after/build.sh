docker buildx build --cache-to type=local,dest=cache,mode=max --secret id=npm_token,env=NPM_TOKEN .
