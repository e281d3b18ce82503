package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"go4.org/mem"
	"tailscale.com/derp"
	"tailscale.com/derp/derphttp"
	_ "tailscale.com/feature/condregister/useproxy" // HTTPS_PROXY counts, as it does for a node
	"tailscale.com/net/netmon"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// metaName is what the subject of upstream's meta certificate begins with.
const metaName = "derpkey"

// packet is one that came.
type packet struct {
	from key.NodePublic
	data []byte
}

// client is one connection of upstream's client and everything that it has heard.
type client struct {
	http    *derphttp.Client
	private key.NodePrivate
	packets chan packet

	mu         sync.Mutex
	heard      *sync.Cond
	gone       []derp.PeerGoneMessage
	present    []derp.PeerPresentMessage
	health     []string
	restarting []derp.ServerRestartingMessage
	info       *derp.ServerInfoMessage
	kinds      map[string]int
	lost       error
}

// connect makes a client, waits until it is connected, and reads from then on.
func (p *party) connect(c *command) (answer, error) {
	private := key.NewNode()
	if c.Key != "" {
		if err := private.UnmarshalText([]byte(c.Key)); err != nil {
			return nil, err
		}
	}
	one := &client{private: private, packets: make(chan packet, 4096), kinds: map[string]int{}}
	one.heard = sync.NewCond(&one.mu)
	var err error
	if c.Region != nil {
		one.http = derphttp.NewRegionClient(private, p.logf, netmon.NewStatic(), func() *tailcfg.DERPRegion { return c.Region })
	} else if one.http, err = derphttp.NewClient(private, c.URL, p.logf, netmon.NewStatic()); err != nil {
		return nil, err
	}
	if c.Dial != "" {
		one.http.SetURLDialer(func(ctx context.Context, network, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, network, c.Dial)
		})
	}
	if err := one.configure(c); err != nil {
		return nil, err
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), c.limit())
	defer cancel()
	if err := one.http.Connect(ctx); err != nil {
		return nil, err
	}
	took := time.Since(began)
	p.clients[c.Client] = one
	told := one.connected()
	told["seconds"] = took.Seconds()
	go one.read()
	return told, one.waitInfo(c.limit())
}

func (one *client) configure(c *command) error {
	one.http.TLSConfig = &tls.Config{}
	if c.TLS12 {
		one.http.TLSConfig.MaxVersion = tls.VersionTLS12
	}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return err
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("no certificate in %s", c.CA)
		}
		one.http.TLSConfig.RootCAs = roots
	}
	if c.MeshKey != "" {
		meshKey, err := key.ParseDERPMesh(c.MeshKey)
		if err != nil {
			return err
		}
		one.http.MeshKey = meshKey
	}
	one.http.IsProber, one.http.WatchConnectionChanges = c.Prober, c.Watch
	one.http.AppName = "derp-exchange"
	one.http.SetCanAckPings(true)
	if c.Home {
		one.http.NotePreferred(true)
	}
	return nil
}

// connected says how the connection came to be. A client that finds the relay's key in the meta certificate of TLS 1.3
// takes the fast start, in which an HTTP answer would be read as a broken frame.
func (one *client) connected() answer {
	told := answer{
		"key":        hexOf(one.private.Public()),
		"server_key": hexOf(one.http.ServerPublicKey()),
		"tls":        "", "meta_key": "", "certificates": 0, "fast_start": false,
	}
	if local, err := one.http.LocalAddr(); err == nil {
		told["local"] = local.String()
	}
	state, ok := one.http.TLSConnectionState()
	if !ok {
		return told
	}
	told["tls"], told["certificates"], told["alpn"] = tls.VersionName(state.Version), len(state.PeerCertificates), state.NegotiatedProtocol
	for _, certificate := range state.PeerCertificates {
		if meta, found := strings.CutPrefix(certificate.Subject.CommonName, metaName); found {
			told["meta_key"] = meta
			told["fast_start"] = state.Version >= tls.VersionTLS13 && meta == told["server_key"]
		}
	}
	return told
}

// read takes everything that comes until the connection is over. It does not come back: a test makes a new client.
func (one *client) read() {
	for {
		message, generation, err := one.http.RecvDetail()
		one.mu.Lock()
		if err == nil && generation > 1 {
			err = errors.New("upstream's client has connected again by itself")
		}
		if err != nil {
			one.lost = err
			one.heard.Broadcast()
			one.mu.Unlock()
			close(one.packets)
			return
		}
		one.kinds[strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", message), "derp."), "Message")]++
		one.note(message)
		one.heard.Broadcast()
		one.mu.Unlock()
		if got, ok := message.(derp.ReceivedPacket); ok {
			one.packets <- packet{got.Source, append([]byte(nil), got.Data...)}
		}
	}
}

func (one *client) note(message derp.ReceivedMessage) {
	switch m := message.(type) {
	case derp.PeerGoneMessage:
		one.gone = append(one.gone, m)
	case derp.PeerPresentMessage:
		one.present = append(one.present, m)
	case derp.HealthMessage:
		one.health = append(one.health, m.Problem)
	case derp.ServerRestartingMessage:
		one.restarting = append(one.restarting, m)
	case derp.ServerInfoMessage:
		one.info = &m
	case derp.PingMessage:
		go one.http.SendPong(m)
	}
}

// until waits for something that `read` notes; false when it does not come within the limit or the connection is over.
func (one *client) until(limit time.Duration, what func() bool) bool {
	over := false
	timer := time.AfterFunc(limit, func() {
		one.mu.Lock()
		defer one.mu.Unlock()
		over = true
		one.heard.Broadcast()
	})
	defer timer.Stop()
	one.mu.Lock()
	defer one.mu.Unlock()
	for {
		if what() {
			return true
		}
		if over || one.lost != nil {
			return false
		}
		one.heard.Wait()
	}
}

// over is why the connection is over, nil while it is not.
func (one *client) over() error {
	one.mu.Lock()
	defer one.mu.Unlock()
	return one.lost
}

func (one *client) waitInfo(limit time.Duration) error {
	if !one.until(limit, func() bool { return one.info != nil }) {
		return fmt.Errorf("no ServerInfo: %v", one.over())
	}
	return nil
}

func (one *client) ping(c *command) (answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.limit())
	defer cancel()
	began := time.Now()
	err := one.http.Ping(ctx)
	return answer{"seconds": time.Since(began).Seconds()}, err
}

func (one *client) waitLost(c *command) (answer, error) {
	one.until(c.limit(), func() bool { return one.lost != nil })
	one.mu.Lock()
	defer one.mu.Unlock()
	if one.lost == nil {
		return nil, errors.New("still connected")
	}
	return answer{"why": one.lost.Error()}, nil
}

// report is everything that the client has heard so far.
func (one *client) report() answer {
	one.mu.Lock()
	defer one.mu.Unlock()
	told := answer{"kinds": one.kinds, "health": one.health, "lost": ""}
	gone, present, restarting := []answer{}, []answer{}, []answer{}
	for _, m := range one.gone {
		gone = append(gone, answer{"peer": hexOf(m.Peer), "reason": int(m.Reason)})
	}
	for _, m := range one.present {
		present = append(present, answer{"peer": hexOf(m.Key), "at": m.IPPort.String(), "flags": int(m.Flags)})
	}
	for _, m := range one.restarting {
		restarting = append(restarting, answer{"reconnect_in": m.ReconnectIn.Seconds(), "try_for": m.TryFor.Seconds()})
	}
	told["gone"], told["present"], told["restarting"] = gone, present, restarting
	if one.info != nil {
		told["info"] = answer{"rate": one.info.TokenBucketBytesPerSecond, "burst": one.info.TokenBucketBytesBurst}
	}
	if one.lost != nil {
		told["lost"] = one.lost.Error()
	}
	return told
}

// key is that of one of our clients by its name, or a public key in hexadecimal digits.
func (p *party) key(named string) (key.NodePublic, error) {
	if one, ok := p.clients[named]; ok {
		return one.private.Public(), nil
	}
	return key.ParseNodePublicUntyped(mem.S(named))
}

func hexOf(public key.NodePublic) string {
	raw := public.Raw32()
	return hex.EncodeToString(raw[:])
}
