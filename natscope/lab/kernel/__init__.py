"""The kernel bed: scenarios as network namespaces with real sockets. Linux only."""
