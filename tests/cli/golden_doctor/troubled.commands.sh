# Read before you run anything: natscope runs none of it.

# ping: this user may not ping
# Let everybody ping. (you, as root)
sudo sysctl -w net.ipv4.ping_group_range="0 2147483647"

# firewall-rules: no permission to read firewall counters: only root may read this computer's firewall rules
# Where that matters, measure as root. (you, as root)
sudo natscope netcheck

# udp-buffers: UDP receive buffer is 213 kB; 100 Mbit/s and more may lose packets
# Raise the limit. (you, as root)
sudo sysctl -w net.core.rmem_max=4194304

# clock: the kernel says that nothing keeps this computer's clock right
# Turn on time synchronisation. (you, as root)
sudo timedatectl set-ntp true

# state: tailscaled is stopped
# Bring it up. (you, as root)
sudo tailscale up

# health: tailscaled warns of 1 thing
# See what its log says around a message that is not explained here. (you, as root)
sudo journalctl -u tailscaled -n 100

# version: tailscaled 1.102.5 is not the newest: there is 1.104.0
# Update it, or let the package manager do it. (you, as root)
sudo tailscale update

# ip-forwarding: this node offers route 192.168.50.0/24 and an exit node, but IP forwarding is off
# Turn it on now. (you, as root)
sudo sysctl -w net.ipv4.ip_forward=1
# And at every start. (you, as root)
# (echo net.ipv4.ip_forward=1) | sudo tee -a /etc/sysctl.d/99-tailscale.conf
