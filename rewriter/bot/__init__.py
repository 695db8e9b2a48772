"""Go over an organisation: pull requests that take secrets out, reminders until each of them is rotated."""
