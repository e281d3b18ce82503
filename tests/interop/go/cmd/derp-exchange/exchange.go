package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"tailscale.com/derp"
	"time"
)

// discoMagic begins every packet by which nodes look for direct paths.
var discoMagic = []byte("TS💬")

// exchange sends Count packets of each size from one client to the other, at most Ahead under way at once since a relay
// may drop what a reader does not take, and checks that all come, whole and in order.
func (p *party) exchange(from *client, c *command) (answer, error) {
	to, ok := p.clients[c.To]
	if !ok {
		return nil, fmt.Errorf("no client %q", c.To)
	}
	ahead, count := max(1, c.Ahead), max(1, c.Count)
	wanted := [][]byte{}
	for range count {
		for _, size := range c.Sizes {
			wanted = append(wanted, content(len(wanted), size))
		}
	}
	room := make(chan struct{}, ahead)
	ctx, cancel := context.WithTimeout(context.Background(), c.limit())
	defer cancel()
	sent := make(chan error, 1)
	began := time.Now()
	go func() {
		for _, data := range wanted {
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				sent <- ctx.Err()
				return
			}
			if err := from.http.Send(to.private.Public(), data); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	told := answer{"sent": len(wanted)}
	for number, data := range wanted {
		select {
		case got, open := <-to.packets:
			if !open {
				return told, fmt.Errorf("the receiver's connection is over after %d packets: %v", number, to.over())
			}
			told["received"] = number + 1
			if got.from != from.private.Public() {
				return told, fmt.Errorf("packet %d is from %v", number, got.from)
			}
			if !bytes.Equal(got.data, data) {
				return told, fmt.Errorf("packet %d is another one, of %d bytes for %d", number, len(got.data), len(data))
			}
			<-room
		case <-ctx.Done():
			return told, fmt.Errorf("packet %d, of %d bytes, has not come", number, len(data))
		}
	}
	told["seconds"] = time.Since(began).Seconds()
	return told, <-sent
}

// content is what the packet of that number holds: its number, and noise that follows from it.
func content(number, size int) []byte {
	data := make([]byte, size)
	noise := rand.NewChaCha8([32]byte(binary.LittleEndian.AppendUint64(make([]byte, 24), uint64(number))))
	noise.Read(data)
	if size >= 8 {
		binary.BigEndian.PutUint64(data, uint64(number))
	}
	return data
}

// one packet, as long as asked; a disco packet begins as such.
func single(c *command) []byte {
	data := content(0, c.Size)
	if c.Disco {
		data = append(append([]byte(nil), discoMagic...), data...)
	}
	return data
}

// send sends Count packets to Peer and waits for nothing.
func (p *party) send(from *client, c *command) (answer, error) {
	to, err := p.key(c.Peer)
	if err != nil {
		return nil, err
	}
	for range max(1, c.Count) {
		if err := from.http.Send(to, single(c)); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// forward sends a packet as a relay of the region would: from From, for Peer.
func (p *party) forward(mesh *client, c *command) (answer, error) {
	from, err := p.key(c.From)
	if err != nil {
		return nil, err
	}
	to, err := p.key(c.Peer)
	if err != nil {
		return nil, err
	}
	return nil, mesh.http.ForwardPacket(from, to, single(c))
}

// waitPacket takes the next packet.
func (one *client) waitPacket(c *command) (answer, error) {
	select {
	case got, open := <-one.packets:
		if !open {
			return nil, errors.New("the connection is over")
		}
		return answer{"from": hexOf(got.from), "size": len(got.data)}, nil
	case <-time.After(c.limit()):
		return nil, errors.New("no packet")
	}
}

// waitGone waits until the client has been told that Peer is gone; what it was told is forgotten then.
func (p *party) waitGone(one *client, c *command) (answer, error) {
	peer, err := p.key(c.Peer)
	if err != nil {
		return nil, err
	}
	var found derp.PeerGoneMessage
	ok := one.until(c.limit(), func() bool {
		for n, m := range one.gone {
			if m.Peer == peer {
				found = m
				one.gone = append(one.gone[:n], one.gone[n+1:]...)
				return true
			}
		}
		return false
	})
	if !ok {
		return nil, errors.New("was not told that it is gone")
	}
	return answer{"reason": int(found.Reason)}, nil
}

// waitPresent is the same for coming.
func (p *party) waitPresent(one *client, c *command) (answer, error) {
	peer, err := p.key(c.Peer)
	if err != nil {
		return nil, err
	}
	var found derp.PeerPresentMessage
	ok := one.until(c.limit(), func() bool {
		for n, m := range one.present {
			if m.Key == peer {
				found = m
				one.present = append(one.present[:n], one.present[n+1:]...)
				return true
			}
		}
		return false
	})
	if !ok {
		return nil, errors.New("was not told that it is here")
	}
	return answer{"at": found.IPPort.String(), "flags": int(found.Flags)}, nil
}
