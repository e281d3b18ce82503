// Command derp-exchange drives clients of upstream's derp/derphttp by commands on standard input, for tests of relays.
//
// One JSON object a line comes in, one goes out: {"do":"connect","client":"a",…} is answered with {"ok":true,…} or
// {"ok":false,"error":"…"}. Commands are handled one after the other; every command that waits has a limit. The program
// ends with its input. Nothing is dialled but what a command names.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"tailscale.com/net/netns"
	"tailscale.com/tailcfg"
)

// command is one line of input; which fields count depends on Do.
type command struct {
	Do     string
	Client string

	// connect: either URL (with Dial, an address to use in place of the URL's host), or a region of a relay map.
	URL     string
	Dial    string
	Region  *tailcfg.DERPRegion
	CA      string // file of certificates that are trusted besides the system's
	MeshKey string
	TLS12   bool // no newer version, so no fast start
	Prober  bool
	Home    bool
	Watch   bool
	Key     string // private key, to connect twice with one

	// exchange, send, forward, close-peer, wait-gone, wait-present
	To    string
	From  string
	Sizes []int
	Count int
	Ahead int // how many packets may be under way
	Size  int
	Disco bool
	Peer  string // a public key, or the name of one of our clients
	Limit float64
}

// limit is how long a command may wait.
func (c *command) limit() time.Duration {
	if c.Limit == 0 {
		return 10 * time.Second
	}
	return time.Duration(c.Limit * float64(time.Second))
}

// answer is one line of output.
type answer map[string]any

func main() {
	netns.SetEnabled(false) // no socket marks: this is no node
	logf := log.New(io.Discard, "", 0).Printf
	if os.Getenv("DERP_EXCHANGE_VERBOSE") != "" {
		logf = log.Printf
	} else {
		log.SetOutput(io.Discard)
	}
	party := &party{clients: map[string]*client{}, logf: logf}
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var c command
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			out.Encode(answer{"ok": false, "error": err.Error()})
			continue
		}
		told, err := party.handle(&c)
		if told == nil {
			told = answer{}
		}
		told["ok"] = err == nil
		if err != nil {
			told["error"] = err.Error()
		}
		out.Encode(told)
	}
}

// party is all clients by name.
type party struct {
	clients map[string]*client
	logf    func(string, ...any)
}

func (p *party) handle(c *command) (answer, error) {
	if c.Do == "connect" {
		return p.connect(c)
	}
	one, ok := p.clients[c.Client]
	if !ok {
		return nil, fmt.Errorf("no client %q", c.Client)
	}
	if err := one.over(); err != nil && (c.Do == "exchange" || c.Do == "send" || c.Do == "ping") {
		return nil, err // upstream's client would connect again by itself
	}
	switch c.Do {
	case "exchange":
		return p.exchange(one, c)
	case "send":
		return p.send(one, c)
	case "forward":
		return p.forward(one, c)
	case "ping":
		return one.ping(c)
	case "home":
		one.http.NotePreferred(c.Home)
		return nil, nil
	case "close-peer":
		key, err := p.key(c.Peer)
		if err != nil {
			return nil, err
		}
		return nil, one.http.ClosePeer(key)
	case "wait-gone":
		return p.waitGone(one, c)
	case "wait-present":
		return p.waitPresent(one, c)
	case "wait-packet":
		return one.waitPacket(c)
	case "wait-lost":
		return one.waitLost(c)
	case "report":
		return one.report(), nil
	case "close":
		delete(p.clients, c.Client)
		return one.report(), one.http.Close()
	}
	return nil, fmt.Errorf("unknown command %q", c.Do)
}
