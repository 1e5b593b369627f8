"""One module per family of commands. At the top they import only click; the rest when they run."""
