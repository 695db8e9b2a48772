import os
print(len(os.environ["FETCH_TOKEN"]))
