#!/bin/sh
docker build --secret id=pip_index_url,env=PIP_INDEX_URL -t app .
/kaniko/executor --context . --dockerfile Dockerfile --build-arg PIP_INDEX_URL --destination registry.example.com/app
