import os

from run_secrets import read_secret

print(read_secret("DB_PASSWORD"))
