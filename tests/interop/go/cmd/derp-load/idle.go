package main

import (
	"net"
	"sync"
	"time"
)

// perSource is how many connections leave from one address of 127/8: the kernel has about 28,000 ports for each.
const perSource = 8000

// dialers connect at the same time; relays limit how many connections of one address may be under way.
const dialers = 16

// settle is what a server gets to put its memory in order before it is looked at.
const settle = 3 * time.Second

type idleResult struct {
	Clients     int     `json:"clients"`
	BytesBefore int64   `json:"bytes_before"`
	BytesAfter  int64   `json:"bytes_after"`
	ConnectCPU  float64 `json:"connect_cpu_s"`
	IdleCPU     float64 `json:"idle_cpu_s"`
	IdleSeconds float64 `json:"idle_seconds"`
}

// idle opens the connections and looks at the memory of the server while they stand.
func idle(o options) (any, error) {
	result := idleResult{Clients: o.idle, BytesBefore: residentBytes(o.pids)}
	cpu := processorSeconds(o.pids)
	clients := make([]*client, o.idle)
	errs := make(chan error, dialers)
	var group sync.WaitGroup
	for first := range dialers {
		group.Go(func() {
			for n := first; n < o.idle; n += dialers {
				c, err := connect(o, net.IPv4(127, 0, 0, byte(2+n/perSource)), 512)
				if err != nil {
					errs <- err
					return
				}
				clients[n] = c
			}
		})
	}
	group.Wait()
	select {
	case err := <-errs:
		return nil, err
	default:
	}
	result.ConnectCPU = processorSeconds(o.pids) - cpu
	time.Sleep(settle)
	cpu = processorSeconds(o.pids)
	time.Sleep(o.seconds)
	result.IdleCPU, result.IdleSeconds = processorSeconds(o.pids)-cpu, o.seconds.Seconds()
	result.BytesAfter = residentBytes(o.pids)
	for _, c := range clients {
		c.conn.Close()
	}
	return result, nil
}
