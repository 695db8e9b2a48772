docker build --secret id=ssh_private_key,src=$HOME/.ssh/id_rsa .
