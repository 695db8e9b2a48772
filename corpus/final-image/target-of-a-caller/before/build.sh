docker build --target deps .
