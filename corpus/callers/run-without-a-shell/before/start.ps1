docker run -d `
  -e "DB_PASSWORD=nine-quiet-otters" -e API_TOKEN=$env:API_TOKEN -e REGION=eu `
  registry.example.com/shop/db:1
