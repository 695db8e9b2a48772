import os


def connect():
    return os.environ["DB_PASSWORD"]


print(len(connect()))
