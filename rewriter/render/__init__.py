"""Turn reports and outcomes into what a person or a program reads; pure, and never with a secret's value."""
