credentials += Credentials("own", "repo.example.com", "ci", sys.env("REPO_PASSWORD"))
