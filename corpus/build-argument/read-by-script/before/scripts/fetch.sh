#!/bin/sh
curl -H "Authorization: Bearer $API_TOKEN" https://example.com/data -o /data
