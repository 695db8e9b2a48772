module example.com/org/app
