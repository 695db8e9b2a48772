docker build --build-arg RAILS_ENV=production -t app .
