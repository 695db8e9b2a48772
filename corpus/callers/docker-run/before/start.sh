#!/bin/sh
docker run -d -e LOG_LEVEL=debug -e ADMIN_PASSWORD=Hunter2pass -e TOKEN_FILE=/run/secrets/t example.com/app
