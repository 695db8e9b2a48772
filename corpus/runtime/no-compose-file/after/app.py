import os

from run_secrets import read_secret


def connect():
    return read_secret("DB_PASSWORD")


print(len(connect()))
