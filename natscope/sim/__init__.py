"""A simulated network behind `Host`: virtual time, links, routers with the NAT model, TCP, TLS, DNS, faults, a trace.

    net = Network(seed=7)
    internet = net.internet()
    server = net.host("server", at=internet)
    home = net.nat("home", at=internet, kind="port-restricted")
    alice = net.host("alice", at=home)
    net.run(program(alice))             # any coroutine that is written for a `Host`

- `topology.Network` builds and runs; a `host.SimHost` is a `Host`, its `node` is the computer behind it.
- `timeline.Timeline` is the heap of (time, number, function, arguments); `loop.SimLoop` the event loop on top of it.
- `trace.Trace` has the digest that two runs of one seed share; `invariants.Watch` judges every packet beside the run.

Only `natscope.lab`, `prove`, `e2e` and `apps` may import this package: nothing in the product knows that it exists.
"""
