#!/bin/sh
docker build --ssh default=$HOME/.ssh/id_rsa -t app .
