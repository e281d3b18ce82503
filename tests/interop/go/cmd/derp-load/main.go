// Derp-load puts load on a DERP relay with upstream's client package, and prints what it saw as one JSON object.
//
//	derp-load -at 127.0.0.1:3340 -pairs 4 -window 16 -size 1400 -seconds 3 [-tls] [-pid PID,...]
//	derp-load -at 127.0.0.1:3340 -pairs 4 -rate 500 -size 1400 -seconds 3
//	derp-load -at 127.0.0.1:3340 -idle 10000 -tls -pid PID
//
// A pair is a client that sends and a client that receives. With -window a sender keeps so many frames under way; with
// -rate it sends so many a second at even distances. Latency is from before the send to after the receive. With -pid the
// processor time of those processes is read at both ends of the measured time. -idle opens connections and leaves them
// alone. Certificates are not looked at: what is measured is the relay.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"crypto/tls"

	"tailscale.com/derp"
	"tailscale.com/types/key"
)

type options struct {
	at      string
	tls     bool
	pairs   int
	window  int
	rate    float64
	size    int
	warm    time.Duration
	seconds time.Duration
	idle    int
	pids    []int
}

func main() {
	log.SetFlags(0)
	var o options
	var pids string
	var warm, seconds float64
	flag.StringVar(&o.at, "at", "", "address and port of the relay")
	flag.BoolVar(&o.tls, "tls", false, "connect over TLS")
	flag.IntVar(&o.pairs, "pairs", 4, "pairs of a sender and a receiver")
	flag.IntVar(&o.window, "window", 16, "frames that a pair keeps under way")
	flag.Float64Var(&o.rate, "rate", 0, "frames a second of each pair, instead of a window")
	flag.IntVar(&o.size, "size", 1400, "bytes of a packet, at least 16")
	flag.Float64Var(&warm, "warm", 0.5, "seconds before the measured time")
	flag.Float64Var(&seconds, "seconds", 3, "measured seconds")
	flag.IntVar(&o.idle, "idle", 0, "open so many connections and leave them alone")
	flag.StringVar(&pids, "pid", "", "processes whose processor time and memory are read, separated by commas")
	flag.Parse()
	o.warm, o.seconds = time.Duration(warm*float64(time.Second)), time.Duration(seconds*float64(time.Second))
	var err error
	if o.pids, err = numbers(pids); err != nil {
		log.Fatalf("-pid: %v", err)
	}
	if o.size < stampBytes {
		log.Fatalf("-size: at least %d", stampBytes)
	}
	var result any
	if o.idle > 0 {
		result, err = idle(o)
	} else {
		result, err = traffic(o)
	}
	if err != nil {
		log.Fatal(err)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

// client is one connection to the relay.
type client struct {
	*derp.Client
	public key.NodePublic
	conn   net.Conn
}

// connect dials from the local address, if one is given, upgrades and greets. bufferBytes is upstream's 4096 where it matters.
func connect(o options, local net.IP, bufferBytes int) (*client, error) {
	dialer := net.Dialer{Timeout: 10 * time.Second}
	if local != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: local}
	}
	conn, err := dialer.Dial("tcp", o.at)
	if err != nil {
		return nil, err
	}
	if o.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	c, err := upgrade(conn, o.at, bufferBytes)
	if err != nil {
		conn.Close()
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	return c, nil
}

func upgrade(conn net.Conn, host string, bufferBytes int) (*client, error) {
	rw := bufio.NewReadWriter(bufio.NewReaderSize(conn, bufferBytes), bufio.NewWriterSize(conn, bufferBytes))
	fmt.Fprintf(rw, "GET /derp HTTP/1.1\r\nHost: %s\r\nUpgrade: DERP\r\nConnection: Upgrade\r\n\r\n", host)
	if err := rw.Flush(); err != nil {
		return nil, err
	}
	response, err := http.ReadResponse(rw.Reader, nil)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		return nil, errors.New(response.Status)
	}
	private := key.NewNode()
	c, err := derp.NewClient(private, conn, rw, log.Printf)
	if err != nil {
		return nil, err
	}
	message, err := c.Recv()
	if err != nil {
		return nil, err
	}
	if _, ok := message.(derp.ServerInfoMessage); !ok {
		return nil, fmt.Errorf("a %T instead of ServerInfo", message)
	}
	return &client{Client: c, public: private.Public(), conn: conn}, nil
}
