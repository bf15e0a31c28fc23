"""A small social site: Flask, Peewee on SQLite, Huey on Redis."""


def create_app(settings=None):
    """
    The app, as ``flask`` and others look for it.

    Raises:
        BadSettings: naming each setting that cannot be used.
    """
    # Imported here: what starts the site's processes needs a few modules of this package, not the whole app.
    from microblog import factory

    return factory.create_app(settings)
