#!/bin/sh
docker build --build-arg API_TOKEN=fourteen-tigers-in-a-row -t one .
docker build --build-arg API_TOKEN=fifteen-lions-in-a-row -t two .
