"""The one place that talks to model providers.

`talk` streams answers over pydantic-ai; it is imported by the worker of the runs alone, since it weighs some 150 MB.
`check` asks a provider what it offers, over plain HTTP, for pages and API.
"""
