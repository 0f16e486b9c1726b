"""Publishing: profiles as terminal text, JSON data, charts, pages and a site."""
