"""One NAT model for the simulator and the kernel lab: orthogonal policies in the words of RFC 4787, 5382 and 5508.

    nat = Nat(NatConfig(external=(IPv4Address("198.51.100.1"),)), seed=b"...")
    verdict = nat.outbound(packet, now)      # packets are translated in place
    verdict = nat.inbound(packet, now)

- `config.NatConfig`: a frozen, validated value, one field for each policy; `presets` has the usual kinds by name.
- `packet.Packet`, `packet.IcmpError`: integers only. `packet.pack`, `unpack` and `between` are the typed edge.
- `translator.Nat`: `outbound` and `inbound` answer an integer of `verdicts`: `FORWARD_OUT`, `FORWARD_IN`, or from
  `FIRST_DROP` on the reason of the drop, whose name is in `verdicts.NAMES`. A dropped packet is left as it was, so that
  `refuse_outbound` and `refuse_inbound` can quote it in the ICMP error that the configuration wants, if any.
- `Nat.deadline()` and `Nat.expire(now)`: sans-IO timers. Expired state never acts, whether or not `expire` was called;
  it returns the refusals that had to wait.
- `Nat.reboot(addresses)`, `Nat.open_forward`, `Nat.close_forward`, `Nat.mappings(now)`, `Nat.counters`, `Nat.counts()`.
- A mapping service opens ports by `open_forward` with a lease.
- `invariants.Checker`: own bookkeeping beside a NAT, says which translation or delivery no such NAT may do.

A router with both families is two NATs, one each (a firewall takes both). TTL, MTU, checksums, reassembly and the
router's own services are the owner's business: what is for the router's inside address never gets here, and a packet
for an external address without a receiver is dropped as `NO_MAPPING` (from inside also as `HAIRPIN_OFF`), for the owner
to answer itself, a ping for example, or not.
"""
