#!/bin/sh
docker build --build-arg PIP_INDEX_URL -t app .
/kaniko/executor --context . --dockerfile Dockerfile --build-arg PIP_INDEX_URL --destination registry.example.com/app
