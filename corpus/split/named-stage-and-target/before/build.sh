docker build --target web --build-arg NPM_TOKEN .
