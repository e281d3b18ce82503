"""The DERP relay without I/O: sessions, routing, queues, mesh. Source: upstream derp/derpserver/derpserver.go."""
