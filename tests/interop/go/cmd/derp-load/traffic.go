package main

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tailscale.com/derp"
)

// stampBytes lead each packet: its number in the pair, and when it was sent.
const stampBytes = 16

// drain is how long frames may still be under way at the end before they count as lost.
const drain = 500 * time.Millisecond

// stall is how long a sender waits for room before it gives its window up for lost.
const stall = time.Second

type trafficResult struct {
	Frames    int64   `json:"frames"`
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"frames_per_second"`
	P50       float64 `json:"p50_us"`
	P99       float64 `json:"p99_us"`
	Sent      int64   `json:"sent_in_all"`
	Lost      int64   `json:"lost"`
	CPU       float64 `json:"cpu_s"`
}

type load struct {
	began    time.Time
	received atomic.Int64
	sent     atomic.Int64
	measured atomic.Bool
	ended    atomic.Bool
	senders  sync.WaitGroup
	mu       sync.Mutex
	delays   []int64
}

func traffic(o options) (any, error) {
	l := &load{began: time.Now()}
	for range o.pairs {
		from, err := connect(o, nil, 4096)
		if err != nil {
			return nil, err
		}
		to, err := connect(o, nil, 4096)
		if err != nil {
			return nil, err
		}
		under := make(chan struct{}, max(1, o.window))
		l.senders.Add(1)
		go l.receive(to, under, o)
		go l.send(from, to, under, o)
	}
	time.Sleep(o.warm)
	before, began, cpu := l.received.Load(), time.Now(), processorSeconds(o.pids)
	l.measured.Store(true)
	time.Sleep(o.seconds)
	l.measured.Store(false)
	frames, took, used := l.received.Load()-before, time.Since(began), processorSeconds(o.pids)-cpu
	l.ended.Store(true)
	l.senders.Wait()
	time.Sleep(drain)
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.delays)
	sent := l.sent.Load()
	return trafficResult{
		Frames: frames, Seconds: took.Seconds(), PerSecond: float64(frames) / took.Seconds(),
		P50: quantile(l.delays, 0.5), P99: quantile(l.delays, 0.99),
		Sent: sent, Lost: sent - l.received.Load(), CPU: used,
	}, nil
}

// send keeps the window full, or sends at even distances; the pairs begin at different times within one distance.
func (l *load) send(from, to *client, under chan struct{}, o options) {
	defer l.senders.Done()
	packet := make([]byte, o.size)
	next := time.Now()
	for number := uint64(1); !l.ended.Load(); number++ {
		if o.rate > 0 {
			next = next.Add(time.Duration(float64(time.Second) / o.rate))
			time.Sleep(time.Until(next))
		} else if !l.take(under) {
			continue
		}
		binary.BigEndian.PutUint64(packet, number)
		binary.BigEndian.PutUint64(packet[8:], uint64(time.Since(l.began)))
		if from.Send(to.public, packet) != nil {
			return
		}
		l.sent.Add(1)
	}
}

// take waits for room in the window; after a stall the whole window counts as lost.
func (l *load) take(under chan struct{}) bool {
	select {
	case under <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(stall)
	defer timer.Stop()
	select {
	case under <- struct{}{}:
		return true
	case <-timer.C:
		give(under, cap(under))
		return false
	}
}

func give(under chan struct{}, count int) {
	for range count {
		select {
		case <-under:
		default:
			return
		}
	}
}

func (l *load) receive(to *client, under chan struct{}, o options) {
	var last uint64
	delays := make([]int64, 0, 1<<16)
	for {
		message, err := to.Recv()
		now := time.Since(l.began)
		if err != nil {
			return
		}
		packet, ok := message.(derp.ReceivedPacket)
		if !ok || len(packet.Data) != o.size {
			continue
		}
		l.received.Add(1)
		number := binary.BigEndian.Uint64(packet.Data)
		if o.rate == 0 && number > last {
			give(under, int(number-last))
			last = number
		}
		if l.measured.Load() {
			delays = append(delays, int64(now)-int64(binary.BigEndian.Uint64(packet.Data[8:])))
		} else if len(delays) > 0 {
			l.mu.Lock()
			l.delays = append(l.delays, delays...)
			l.mu.Unlock()
			delays = delays[:0]
		}
	}
}

// quantile is in microseconds, of sorted nanoseconds.
func quantile(sorted []int64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))]) / 1000
}
