import os

for part in ("DB", "API"):
    print(os.environ[part + "_PASSWORD"])
