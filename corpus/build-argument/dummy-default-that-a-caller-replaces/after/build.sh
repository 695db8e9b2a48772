docker build --secret id=apple_private_key,env=APPLE_PRIVATE_KEY -t app .
