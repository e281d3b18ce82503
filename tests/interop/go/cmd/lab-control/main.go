// Command lab-control is a control server for tests: upstream's own stand-in (tstest/integration/testcontrol), which lets
// everybody join one network without a key and hands out the relay map it was given. It prints its port and runs until
// its input ends.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"

	"tailscale.com/tailcfg"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/logger"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where nodes come in, over HTTP")
	mapFile := flag.String("derp-map", "", "the relay map, JSON")
	flag.Parse()
	text, err := os.ReadFile(*mapFile)
	if err != nil {
		log.Fatal(err)
	}
	var relays tailcfg.DERPMap
	if err := json.Unmarshal(text, &relays); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	server := &testcontrol.Server{
		Logf:             logger.Discard,
		DERPMap:          &relays,
		AllNodesSameUser: true,
		AllOnline:        true,
		ExplicitBaseURL:  "http://" + listener.Addr().String(),
	}
	go func() { log.Fatal(http.Serve(listener, server)) }()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
}
