docker build --secret id=api_token,env=API_TOKEN .
