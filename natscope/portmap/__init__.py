"""Opens ports on routers: the port mapping client on a `Host`."""
