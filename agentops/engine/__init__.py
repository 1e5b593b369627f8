"""The verbs: refresh, diff, plan and guard decide; the executor acts. All through the ports of ``domain``.

Nothing here prints, opens a file or names an API path, and nothing knows a particular kind.
"""
