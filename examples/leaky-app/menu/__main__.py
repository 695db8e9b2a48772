"""Serve the recipes as JSON: `python -m menu`."""

import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

RECIPES = Path("recipes")


class Menu(BaseHTTPRequestHandler):
    """Answer every request with the names of the recipes."""

    def do_GET(self) -> None:
        """Send the menu."""
        names = sorted(path.stem for path in RECIPES.glob("*.md"))
        body = json.dumps(names).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("", int(os.environ.get("MENU_PORT", "8080"))), Menu).serve_forever()
